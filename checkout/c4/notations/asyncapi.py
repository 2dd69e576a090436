"""AsyncAPI: reads the Kafka channels of an AsyncAPI 3 document, and what applications do on them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkout.c4.notations.located_json import LocatedDict, located, read_json
from checkout.c4.notations.located_yaml import read_yaml
from checkout.c4.source.files import SourceLine

SERVICE = "x-service"  # the service that an operation is of
MAX_REFERENCES = 8  # one to another, and so on


@dataclass(frozen=True)
class Operation:
    """What an application does on a channel: `action` is send or receive; `service` is empty if it is not known."""

    service: str
    action: str
    address: str
    line: SourceLine


@dataclass(frozen=True)
class AsyncApi:
    """The Kafka channels of a document, by address, and its operations on them."""

    name: str
    channels: Mapping[str, SourceLine]
    operations: Sequence[Operation]

    def covers(self, topic: str) -> str | None:
        """The address of the channel that a topic belongs to, or None."""
        patterns = {address: re.sub(r"\\\{[^{}]*\\\}", ".+", re.escape(address)) for address in self.channels}
        return next((address for address in patterns if re.fullmatch(patterns[address], topic)), None)


def read_asyncapi(written: str) -> AsyncApi:
    """The document at [ALIAS=]FILE. Raises DiagramError if it is not AsyncAPI 3.

    ALIAS is the element that the document describes; without it an operation belongs to the service that its field
    `x-service` names, if it has one.
    """
    alias, _, name = written.rpartition("=") if not Path(written).exists() else ("", "", written)
    return parse_asyncapi(_read_file(Path(name)), Path(name), alias)


def parse_asyncapi(document: Mapping[str, Any], file: Path, alias: str = "") -> AsyncApi:
    """The Kafka channels and operations of a document. Raises DiagramError if it is not AsyncAPI 3.

    `file` is where the document is, or what it is made from; `alias` as in `read_asyncapi`.
    """
    root = document if isinstance(document, LocatedDict) else located(document, file)
    version = root.get("asyncapi")
    if not re.match(r"3\.", str(version)):
        fix = "convert it to AsyncAPI 3" if str(version).startswith("2.") else "name an AsyncAPI 3 document"
        raise root.line.error("not-asyncapi", f"its version of AsyncAPI is {version or 'missing'}", fix)
    found = {}
    for key, value in root.object("channels").items():
        channel = _resolve(root, value)
        if _is_kafka(root, channel):
            found[key] = (channel.text("address") or key, channel.line)
    operations = list(_operations(root, {key: address for key, (address, _) in found.items()}, alias))
    return AsyncApi(file.name, dict(found.values()), operations)


def _read_file(file: Path) -> LocatedDict:
    return read_json(file) if file.suffix.lower() == ".json" else read_yaml(file)


def _operations(root: LocatedDict, addresses: Mapping[str, str], alias: str) -> Iterator[Operation]:
    for value in root.object("operations").values():
        operation = _resolve(root, value)
        channel = operation.object("channel").text("$ref").removeprefix("#/channels/")
        action, address = operation.text("action"), addresses.get(_unescaped(channel))
        if address is not None and action in ("send", "receive"):
            yield Operation(alias or operation.text(SERVICE), action, address, operation.line)


def _is_kafka(root: LocatedDict, channel: LocatedDict) -> bool:
    """Whether a channel is on Kafka, as its servers or bindings say; without any of them it may be."""
    named = [_resolve(root, each) for each in channel.objects("servers")]
    servers = named or [_resolve(root, each) for each in root.object("servers").values()]
    protocols = [server.text("protocol") for server in servers] or list(channel.object("bindings"))
    return not protocols or any(protocol.startswith("kafka") for protocol in protocols)


def _resolve(root: LocatedDict, value: Any) -> LocatedDict:
    """An object of the document, or the one in it to which it refers. Raises DiagramError for other references."""
    for _ in range(MAX_REFERENCES):
        found = value if isinstance(value, LocatedDict) else LocatedDict({}, root.line)
        reference = found.text("$ref")
        if not reference:
            return found
        if not reference.startswith("#/"):
            raise found.line.error("unreadable", f"{reference} is in another file", "bundle the document into one")
        value = root
        for part in reference.removeprefix("#/").split("/"):
            value = value.get(_unescaped(part)) if isinstance(value, LocatedDict) else None
    raise root.line.error("unreadable", f"references of {root.line.file.name} form a loop", "correct them")


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
