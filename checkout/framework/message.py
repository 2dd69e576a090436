"""Message: the base class of messages, the decorators that declare topic or endpoint, the message types of a system."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, TypeVar

import msgspec

KAFKA = "kafka"  # the alias of the broker in the diagrams
EVERY = ""  # for steps that are the same in every story
StepsByStory = Mapping[str, tuple[int, ...]]


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """One message: the id of the order it belongs to and, on its class, its arrows in the diagrams.

    `topic` is set for a record on Kafka, `endpoint` for a call; `technology` is whichever of the two is set, as the
    arrow shows it. `steps` maps the name of each message that can cause this one (None: a client or a timer) to the
    steps of its arrows, sent and delivered: by story, or the same for all under `EVERY`.
    """

    sender: ClassVar[str] = ""
    receiver: ClassVar[str] = ""  # the first receiver: kafka, or the system that is called
    topic: ClassVar[str | None] = None
    endpoint: ClassVar[str | None] = None
    technology: ClassVar[str] = ""
    major_version: ClassVar[int] = 1
    steps: ClassVar[Mapping[str | None, StepsByStory]] = {}
    only_cause: ClassVar[str | None] = None  # the name of the cause, where there is one possibility
    _purpose: ClassVar[str] = ""
    _known_steps: ClassVar[Mapping[str | None, StepsByStory]] = {}  # and where the cause is unknown, if all agree
    _agreed_steps: ClassVar[Mapping[str | None, tuple[int, ...]]] = {}  # where the story is unknown, if all agree

    id: str

    @property
    def purpose(self) -> str:
        """The topic, or what an external call is for: with `id` the identity of this message in inbox and outbox."""
        return self._purpose or self.technology

    @classmethod
    def step(cls, cause: str | None, delivery: bool = False, story: str = "") -> int | None:
        """The step in which this message is sent, or delivered, after `cause`; None where no diagram draws it.

        Where the cause or the story is unknown, the step on which all possible ones agree, if they do.
        """
        if not story:
            steps = cls._agreed_steps.get(cause, ())
        else:
            by_story = cls._known_steps.get(cause, {})
            steps = by_story.get(story) or by_story.get(EVERY, ())
        return steps[delivery] if delivery < len(steps) else None


M = TypeVar("M", bound=type[Message])
After = Mapping[type[Message] | None, Sequence[int] | StepsByStory]


def on_topic(topic: str, sender: str, after: After) -> Callable[[M], M]:
    """Declares a record on Kafka. `after` maps each possible cause to two steps: published, and delivered.

    Where stories differ, the two steps are given for each story by its name.
    """
    return _declare(sender, KAFKA, after, topic=topic)


def on_endpoint(
    receiver: str, endpoint: str, sender: str, after: After, purpose: str = ""
) -> Callable[[M], M]:  # fmt: skip
    """Declares a call, for example `"HTTP, POST /charges"`. `after` maps each possible cause to its steps.

    `purpose` is what the call is for, in its idempotency key; by default the endpoint.
    """
    return _declare(sender, receiver, after, endpoint=endpoint, purpose=purpose)


def _declare(
    sender: str, receiver: str, after: After, topic: str | None = None, endpoint: str | None = None, purpose: str = ""
) -> Callable[[M], M]:
    def declare(message: M) -> M:
        message._purpose = purpose
        message.sender, message.receiver, message.topic, message.endpoint = sender, receiver, topic, endpoint
        message.technology = topic or endpoint or ""
        message.steps = {cause.__name__ if cause else None: _by_story(steps) for cause, steps in after.items()}
        message.only_cause = next(iter(message.steps)) if len(message.steps) == 1 else None
        first, *others = message.steps.values()
        agreed = first if all(other == first for other in others) else {}
        message._known_steps = {None: agreed, **message.steps}
        message._agreed_steps = {cause: _agreed(by_story) for cause, by_story in message._known_steps.items()}
        return message

    return declare


def _agreed(by_story: StepsByStory) -> tuple[int, ...]:
    return next(iter(by_story.values())) if len(set(by_story.values())) == 1 else ()


def _by_story(steps: Sequence[int] | StepsByStory) -> StepsByStory:
    return steps if isinstance(steps, Mapping) else {EVERY: tuple(steps)}


ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(message: msgspec.Struct) -> bytes:
    """A message as JSON; amounts are numbers."""
    return ENCODER.encode(message)


class MessageTypes:
    """The message types of one system, by name and by topic."""

    def __init__(self, types: Iterable[type[Message]]) -> None:
        self.by_name = {message.__name__: message for message in types}
        self.by_topic = {message.topic: message for message in self.by_name.values() if message.topic}
