"""AsyncAPI: the topics and messages of the store as an AsyncAPI 3.0 document, from its registry."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from checkout import __version__, registry
from checkout.c4.notations.asyncapi import SERVICE, AsyncApi, parse_asyncapi
from checkout.framework.message import Message
from checkout.registry import STORE, Registry

HEADERS = {
    "type": "object",
    "properties": {
        "kafka_correlationId": {"type": "string", "description": "The id of the request, else that of the order."},
        "cause": {"type": "string", "description": "The message that caused this one, where its type leaves several."},
        "version": {"type": "string", "description": "MAJOR or MAJOR.MINOR of the message; 1 if it is absent."},
    },
}  # fmt: skip


def run() -> int:
    """Prints the document of the store."""
    print(json.dumps(asyncapi_document(STORE), indent=2))
    return 0


def store_asyncapi() -> AsyncApi:
    """The document of the store, to compare diagrams with."""
    return parse_asyncapi(asyncapi_document(STORE), Path(str(registry.__file__)))


def asyncapi_document(system: Registry, title: str = "Awesome Online Store") -> dict[str, Any]:
    """An AsyncAPI 3.0 document: a channel for each topic, and what each service sends and receives."""
    messages = system.message_types.by_topic
    payloads, schemas = msgspec.json.schema_components(
        list(messages.values()), ref_template="#/components/schemas/{name}"
    )
    parts = zip(messages.items(), payloads, strict=True)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": __version__},
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic, message) for topic, message in messages.items()},
        "operations": dict(_operations(system)),
        "components": {
            "messages": {message.__name__: _message(message, payload) for (_, message), payload in parts},
            "schemas": _with_numbers(schemas),
        },
    }


def _channel(topic: str, message: type[Message]) -> dict[str, Any]:
    name = message.__name__
    return {
        "address": topic,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"kafka": {"topic": topic}},
    }


def _message(message: type[Message], payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": message.__name__,
        "summary": (message.__doc__ or "").strip().split("\n")[0],
        "headers": HEADERS,
        "payload": payload,
        "bindings": {"kafka": {"key": {"type": "string", "description": "The order id."}}},
    }


def _operations(system: Registry) -> Iterator[tuple[str, dict[str, Any]]]:
    for topic, message in system.message_types.by_topic.items():
        sides = [(message.sender, "send"), *((name, "receive") for name in system.listeners(message))]
        for service, action in sides:
            yield f"{service}.{action}.{message.__name__}", {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic}"},
                "messages": [{"$ref": f"#/channels/{topic}/messages/{message.__name__}"}],
                SERVICE: service,
            }


def _with_numbers(schema: Any) -> Any:
    """A schema in which amounts are numbers, as the store writes them."""
    if isinstance(schema, dict):
        if schema.get("format") == "decimal":
            return {"type": "number"}
        return {name: _with_numbers(part) for name, part in schema.items()}
    return [_with_numbers(part) for part in schema] if isinstance(schema, list) else schema
