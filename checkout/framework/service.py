"""Service: the base class of a service - its handlers, its tables, its HTTP routes - and the decorators of handlers."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

import msgspec
from sqlalchemy import Connection, MetaData

from checkout.framework.intake import RouteContext
from checkout.framework.message import Message
from checkout.journal.hop import utc_now
from checkout.settings import Settings

Handler = Callable[[Any, Any, Any], Iterable[Message] | None]
F = TypeVar("F", bound=Handler)


class Tick(msgspec.Struct, frozen=True):
    """The argument of a timer's handler: a unique id, and the time at which the timer fired."""

    id: str
    at: datetime


class NoReply(msgspec.Struct, frozen=True):
    """The argument of a handler of unanswered calls: the order, the call, and why it was given up."""

    id: str
    call: Any
    reason: str


def on(message: type[Message]) -> Callable[[F], F]:
    """Marks the handler of a message.

    The handler takes the state from `load` and the message, changes the state, and returns or yields the messages to
    send. A DomainError dead-letters the message at once, any other error after three attempts.
    """
    return _marked("_on", message)


def reply_to(message: type[Message]) -> Callable[[F], F]:
    """Marks the handler of the replies to an external call. It takes the state from `load` and the adapter's reply."""
    return _marked("_reply_to", message)


def unanswered(message: type[Message]) -> Callable[[F], F]:
    """Marks the handler of an external call that is given up, since it had no usable reply for CHECKOUT_CALL_SECONDS.

    It takes the state from `load` and a `NoReply`. Without such a handler the call is repeated until it is answered.
    """
    return _marked("_unanswered", message)


def every(seconds: float) -> Callable[[F], F]:
    """Marks a handler that is called with a `Tick` every `seconds` seconds."""
    return _marked("_every", seconds)


def _marked(attribute: str, value: object) -> Callable[[F], F]:
    def mark(handler: F) -> F:
        if hasattr(handler, attribute):
            decorator = attribute.removeprefix("_")
            raise TypeError(f"{handler.__qualname__} has @{decorator} twice: write a method for each")
        setattr(handler, attribute, value)
        return handler

    return mark


class Service:
    """A service: `name` is its alias in the diagrams and its consumer group, `tables` are the tables of its database.

    Handlers take and return plain objects; they never see a broker, an offset, a socket or a thread.
    """

    name: ClassVar[str]
    tables: ClassVar[MetaData]
    handlers: ClassVar[Mapping[type[Message], Handler]] = {}
    replies: ClassVar[Mapping[type[Message], Handler]] = {}
    unanswered: ClassVar[Mapping[type[Message], Handler]] = {}
    timers: ClassVar[Mapping[str, tuple[float, Handler]]] = {}  # by name: the interval in seconds, and the handler
    now: Callable[[], datetime] = staticmethod(utc_now)  # a lab and tests set another clock

    def __init_subclass__(cls) -> None:
        """Collects the marked handlers, inherited ones included."""
        members = [member for parent in reversed(cls.__mro__) for member in vars(parent).items()]
        cls.handlers = {f._on: f for _, f in members if hasattr(f, "_on")}
        cls.replies = {f._reply_to: f for _, f in members if hasattr(f, "_reply_to")}
        cls.unanswered = {f._unanswered: f for _, f in members if hasattr(f, "_unanswered")}
        cls.timers = {name: (f._every, f) for name, f in members if hasattr(f, "_every")}

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The service as a process with these settings runs it."""
        return cls()

    def seed(self, db: Connection) -> None:
        """Inserts initial rows; called at every start, so it must skip rows that exist."""

    def load(self, db: Connection, messages: Sequence[Any]) -> Any:
        """Loads the state that these messages concern: one query per table, rows locked. By default there is none."""

    def save(self, db: Connection, state: Any) -> None:
        """Writes the state back: one statement per table."""

    def routes(self, context: RouteContext) -> Sequence[Any]:
        """The Litestar route handlers. A command goes through `context.intake`, a query reads committed data."""
        return ()

    @classmethod
    def topics(cls) -> Iterator[str]:
        """The topics that this service subscribes to."""
        return (message.topic for message in cls.handlers if message.topic)
