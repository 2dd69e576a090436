"""Message versions: the services of the store with another version of one of their messages."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from checkout.framework.message import Message
from checkout.framework.service import Handler, Service
from checkout.lab.errors import LabError
from checkout.messages import TOPICS


def reading(service: type[Service], version: type[Message]) -> type[Service]:
    """Returns the service with `version` as the class of the messages that it reads from that topic.

    Its handlers stay: they use the names of the attributes, not those of the JSON. Raises LabError if it does not read
    the topic.
    """
    handlers = {version if known.topic == version.topic else known: each for known, each in service.handlers.items()}
    if version not in handlers:
        raise LabError(f"{service.__name__} does not read {version.topic}")
    return _variant(service, handlers)


def publishing(service: type[Service], version: type[Message], **fields: Callable[[Any], object]) -> type[Service]:
    """Returns the service with `version` as the class of the messages that it publishes to that topic.

    `fields`: functions of the message, which return the values of additional fields. Fields that `version` does not
    have are left out. Raises LabError if its name is not that of the store's message.
    """
    name = TOPICS[str(version.topic)].__name__
    if version.__name__ != name:
        raise LabError(f"name the class {name}, not {version.__name__}: outboxes and diagrams know messages by name")

    def convert(message: Message) -> Message:
        if message.topic != version.topic:
            return message
        known = msgspec.structs.asdict(message) | {name: value(message) for name, value in fields.items()}
        return version(**{name: value for name, value in known.items() if name in version.__struct_fields__})

    variant = _variant(service, {kind: _converting(each, convert) for kind, each in service.handlers.items()})
    variant.replies = {kind: _converting(each, convert) for kind, each in service.replies.items()}
    return variant


def _converting(handler: Handler, convert: Callable[[Message], Message]) -> Handler:
    def converting(service: Service, state: Any, message: Any) -> Iterator[Message]:
        for answer in handler(service, state, message) or ():
            yield convert(answer)

    return converting


def _variant(service: type[Service], handlers: dict[type[Message], Handler]) -> type[Service]:
    variant: type[Service] = type(service.__name__, (service,), {"__module__": service.__module__})
    variant.handlers = handlers
    return variant
