"""Service: what a container of the diagrams is in code - handlers, the tables behind them, HTTP routes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import msgspec
from sqlalchemy import Connection, MetaData

from checkout.framework.intake import RouteContext
from checkout.messages import KAFKA, Message

Handler = Callable[[Any, Any, Any], Iterable[Message] | None]
F = TypeVar("F", bound=Handler)


class Tick(msgspec.Struct, frozen=True):
    """It is time again: what a handler marked `every` is given; `at` is ISO 8601, UTC."""

    id: str
    at: str


def on(message: type[Message]) -> Callable[[F], F]:
    """The handler of a message: takes state and message, and returns the messages to send."""
    return _marked("_on", message)


def reply_to(message: type[Message]) -> Callable[[F], F]:
    """The handler of the replies that an outside system gives to a message."""
    return _marked("_reply_to", message)


def every(seconds: float) -> Callable[[F], F]:
    """A handler that is given a Tick each time so many seconds have passed."""
    return _marked("_every", seconds)


def _marked(attribute: str, value: object) -> Callable[[F], F]:
    def mark(handler: F) -> F:
        setattr(handler, attribute, value)
        return handler

    return mark


class Service:
    """One container. Its handlers never see a broker, an offset, a socket or a thread."""

    name: ClassVar[str]
    tables: ClassVar[MetaData]
    handlers: ClassVar[Mapping[type[Message], Handler]] = {}
    replies: ClassVar[Mapping[type[Message], Handler]] = {}
    timers: ClassVar[Mapping[str, tuple[float, Handler]]] = {}  # by name: every so many seconds

    def __init_subclass__(cls) -> None:
        """Collects the handlers, which the decorators have marked."""
        members = [member for parent in reversed(cls.__mro__) for member in vars(parent).items()]
        cls.handlers = {f._on: f for _, f in members if hasattr(f, "_on")}
        cls.replies = {f._reply_to: f for _, f in members if hasattr(f, "_reply_to")}
        cls.timers = {name: (f._every, f) for name, f in members if hasattr(f, "_every")}

    def seed(self, db: Connection) -> None:
        """Fills empty tables, once, when the database is new."""

    def load(self, db: Connection, messages: Sequence[Any]) -> Any:
        """The state that these messages concern, with one query per table, locked; a service may have none."""

    def save(self, db: Connection, state: Any) -> None:
        """Writes the state back, with one statement per table; a service may have none."""

    def routes(self, context: RouteContext) -> Sequence[Any]:
        """The HTTP routes: commands go through the desk's intake, questions read what is committed."""
        return ()

    @classmethod
    def topics(cls) -> Iterator[str]:
        """The topics this service listens to."""
        return (message.technology for message in cls.handlers if message.via == KAFKA)
