"""Node: a span in its tree, with what the mapping finds out about it."""

from enum import Enum, auto

from checkout.c4.traces import attributes
from checkout.c4.traces.span import Kind, Span
from checkout.journal.hop import Hop


class Role(Enum):
    """What a span does: for messages what its operation is, else its kind."""

    INTERNAL = auto()
    SERVER = auto()
    CLIENT = auto()
    CREATE = auto()
    SEND = auto()
    RECEIVE = auto()
    PROCESS = auto()
    SETTLE = auto()


OPERATIONS = {role.name.lower(): role for role in Role if role not in (Role.INTERNAL, Role.SERVER, Role.CLIENT)}
KINDS = {
    Kind.INTERNAL: Role.INTERNAL, Kind.SERVER: Role.SERVER, Kind.CLIENT: Role.CLIENT, Kind.PRODUCER: Role.SEND,
    Kind.CONSUMER: Role.PROCESS,
}  # fmt: skip
PUBLICATIONS = frozenset({Role.CREATE, Role.SEND})
DELIVERIES = frozenset({Role.RECEIVE, Role.PROCESS})


LEAF: list["Node"] = []  # shared by all spans without children


class Draft:
    """An entry into a service or a publication, with its hop if it has one, before its story is known.

    `start` and `until` are when its call or publication began and ended, in nanoseconds of the clock `clock`.
    Its cause is `cause`, else the scope of the span `owner`. `story` is the id of its story where it has no cause;
    empty: its trace. `resolve` in stories.py sets `order` and `cause_id`.
    """

    __slots__ = ("cause", "cause_id", "clock", "hop", "order", "owner", "start", "story", "trace", "until")

    def __init__(self, trace: str, owner: "Node | None" = None, cause: "Draft | None" = None, story: str = "") -> None:
        self.hop: Hop | None = None
        self.trace, self.owner, self.cause, self.story = trace, owner, cause, story
        self.order = ""
        self.start = self.until = 0
        self.clock = ""
        self.cause_id: str | None = None

    @property
    def before(self) -> "Draft | None":
        """What led to it."""
        return self.cause or (self.owner.scope if self.owner else None)


class Node:
    """A span in its tree; `up` is its parent without the spans of ignored services.

    `missing` is the id of a parent that is not in the files. Within its service: `local` is the first span, `outer` the
    nearest client or messaging span around it, `batch` the nearest receive span and `handler` the nearest process span.
    `entry` is how its service was entered at this span, `publication` the message that it sent, and `scope` the entry
    that leads to this span. A muted span and those below it have no hops: a health check.
    """

    __slots__ = (
        "alias", "batch", "children", "entry", "handler", "has_answer", "has_named_call", "is_muted", "is_placed",
        "local", "missing", "outer", "publication", "role", "scope", "span", "up",
    )  # fmt: skip

    def __init__(self, span: Span, alias: str | None) -> None:
        self.span = span
        self.alias = alias or ""
        self.role = role_of(span)
        self.children: list[Node] = LEAF
        self.missing = ""
        self.local: Node = self
        self.up: Node | None = None
        self.outer: Node | None = None
        self.batch: Node | None = None
        self.handler: Node | None = None
        self.entry: Draft | None = None
        self.publication: Draft | None = None
        self.scope: Draft | None = None
        self.has_answer = self.has_named_call = self.is_muted = self.is_placed = False

    def add(self, child: "Node") -> None:
        """Makes another node a child of this one."""
        if self.children:
            self.children.append(child)
        else:
            self.children = [child]

    @property
    def is_called_by_itself(self) -> bool:
        """Whether this is the server half of a call by its own service."""
        up = self.up
        is_answer = up is not None and self.role is Role.SERVER and up.role is Role.CLIENT
        return is_answer and up is not None and up.span.service == self.span.service

    @property
    def is_inner(self) -> bool:
        """Whether its parent is a span of the same element, which called nothing to reach it."""
        return self.up is not None and self.up.alias == self.alias and not self.is_called_by_itself


def role_of(span: Span) -> Role:
    """The role of a span: the operation of a messaging span comes before its kind."""
    operation = attributes.operation(span)
    if operation:
        return OPERATIONS[operation]
    if span.kind is Kind.CLIENT and attributes.system(span):
        return Role.SETTLE  # a request to the broker that carries no message
    return KINDS[span.kind]
