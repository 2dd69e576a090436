"""Message: the base class of messages, the decorators that declare topic or endpoint, the message types of a system."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, TypeVar

import msgspec

KAFKA = "kafka"  # the alias of the broker in the diagrams


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """One message: the id of the order it belongs to and, on its class, its arrows in the diagrams.

    `topic` is set for a record on Kafka, `endpoint` for a call; `technology` is whichever of the two is set, as the
    arrow shows it. `steps` maps the name of each message that can cause this one (None: a client or a timer) to the
    steps of its arrows: sent, and delivered.
    """

    sender: ClassVar[str] = ""
    receiver: ClassVar[str] = ""  # the first receiver: kafka, or the system that is called
    topic: ClassVar[str | None] = None
    endpoint: ClassVar[str | None] = None
    technology: ClassVar[str] = ""
    steps: ClassVar[Mapping[str | None, tuple[int, ...]]] = {}
    only_cause: ClassVar[str | None] = None  # the name of the cause, where there is one possibility
    _agreed_steps: ClassVar[tuple[int, ...]] = ()

    id: str

    @property
    def purpose(self) -> str:
        """The topic, or what an external call is for: with `id` the identity of this message in inbox and outbox."""
        return self.technology

    @classmethod
    def step(cls, cause: str | None, delivery: bool = False) -> int | None:
        """The step in which this message is sent, or delivered, after `cause`; None where no diagram draws it.

        Where the cause is unknown, the step on which all possible causes agree.
        """
        steps = cls.steps.get(cause, cls._agreed_steps if cause is None else ())
        return steps[delivery] if delivery < len(steps) else None


M = TypeVar("M", bound=type[Message])
After = Mapping[type[Message] | None, Sequence[int]]


def on_topic(topic: str, sender: str, after: After) -> Callable[[M], M]:
    """Declares a record on Kafka. `after` maps each possible cause to two steps: published, and delivered."""
    return _declare(sender, KAFKA, after, topic=topic)


def on_endpoint(receiver: str, endpoint: str, sender: str, after: After) -> Callable[[M], M]:
    """Declares a call, for example `"HTTP, POST /charges"`. `after` maps each possible cause to its steps."""
    return _declare(sender, receiver, after, endpoint=endpoint)


def _declare(
    sender: str, receiver: str, after: After, topic: str | None = None, endpoint: str | None = None
) -> Callable[[M], M]:
    def declare(message: M) -> M:
        message.sender, message.receiver, message.topic, message.endpoint = sender, receiver, topic, endpoint
        message.technology = topic or endpoint or ""
        message.steps = {cause.__name__ if cause else None: tuple(steps) for cause, steps in after.items()}
        message.only_cause = next(iter(message.steps)) if len(message.steps) == 1 else None
        message._agreed_steps = next(iter(message.steps.values())) if len(set(message.steps.values())) == 1 else ()
        return message

    return declare


ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(message: msgspec.Struct) -> bytes:
    """A message as JSON; amounts are numbers."""
    return ENCODER.encode(message)


class MessageTypes:
    """The message types of one system, by name and by topic."""

    def __init__(self, types: Iterable[type[Message]]) -> None:
        self.by_name = {message.__name__: message for message in types}
        self.by_topic = {message.topic: message for message in self.by_name.values() if message.topic}
