"""Seeing: what spans show of the technology of a call or message."""

from collections.abc import Callable
from typing import NamedTuple

from checkout.c4.traces import attributes
from checkout.c4.traces.names import ROUTE
from checkout.c4.traces.naming.text import clean
from checkout.c4.traces.span import Span

HTTP = frozenset({"http", "https", "rest", "restful", "graphql"})
SQL = frozenset({"sql", "jdbc", "odbc", "r2dbc", "tcp"})
ANY = frozenset({""})  # the protocol is unknown


class Seen(NamedTuple):
    """The technology of one observed arrow.

    `short` is its name without details; `words` are the names of its protocol in lower case, ANY where spans name none.
    `paths` are templates and concrete paths of a request or the method of a remote call; `template` is the one that
    may be drawn.
    """

    short: str
    words: frozenset[str]
    method: str = ""
    paths: tuple[str, ...] = ()
    topic: str = ""
    template: str = ""

    @property
    def message(self) -> str:
        """What was sent: the topic, the method with its route, or the technology."""
        return self.topic or clean(f"{self.method} {next(iter(self.paths), '')}") or self.short or "call"

    @property
    def detailed(self) -> str:
        """The topic, or the protocol with its method and the template of its route."""
        call = f"{self.method} {self.template}".strip() if self.words & HTTP else self.template
        return self.topic or clean(", ".join(filter(None, (self.short, call))))


def see_call(*spans: Span) -> Seen:
    """The technology of a call, from its server and its client span; the first span that has an attribute counts."""
    method, protocol = _first(attributes.http_method, spans), _first(attributes.protocol, spans)
    if method or protocol == "http":
        return _see_http(method, spans)
    system = _first(attributes.rpc_system, spans)
    if system:
        remote = clean(_first(attributes.rpc_method, spans))
        short = "gRPC" if system == "grpc" else clean(system)
        return Seen(short, frozenset({system, "rpc"}), "", (remote,) if remote else (), template=remote)
    database = clean(_first(attributes.database, spans))
    if database:
        operation = clean(_first(attributes.database_operation, spans).partition(" ")[0].upper())
        return Seen(database, SQL | {database, database.removesuffix("ql")}, operation)
    return Seen(clean(protocol).upper(), frozenset({protocol}) if protocol else ANY)


def _see_http(method: str, spans: tuple[Span, ...]) -> Seen:
    template = clean(_first(lambda span: attributes.text(span, ROUTE), spans))
    paths = [template, *(clean(path) for span in spans for path in attributes.paths(span))]
    return Seen("HTTP", HTTP, clean(method), tuple(dict.fromkeys(filter(None, paths))), template=template)


def see_message(system: str, topic: str) -> Seen:
    """The technology of a message: its topic, else its messaging system."""
    return Seen(clean(topic or system), frozenset({system.casefold()}), topic=clean(topic))


def _first(read: Callable[[Span], str], spans: tuple[Span, ...]) -> str:
    return next(filter(None, map(read, spans)), "")
