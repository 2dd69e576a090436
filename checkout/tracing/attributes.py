"""Attributes: the name, kind, attributes and status of the span of a hop, after OpenTelemetry's conventions 1.44."""

from urllib.parse import urlsplit

from opentelemetry.trace import SpanKind, Status, StatusCode

from checkout.journal.hop import Hop, Outcome

Attributes = dict[str, str | int]
UNSUCCESSFUL = (Outcome.FAILED, Outcome.CRASHED, Outcome.DEAD_LETTERED)


def name_and_kind(hop: Hop) -> tuple[str, SpanKind]:
    """The name and kind: send and process for records, else the method and route of a request or call."""
    if hop.topic is not None:
        is_process = hop.group is not None
        verb, kind = ("process", SpanKind.CONSUMER) if is_process else ("send", SpanKind.PRODUCER)
        return f"{verb} {hop.topic}", kind
    protocol, _, operation = hop.technology.partition(", ")
    return operation or protocol, SpanKind.SERVER if is_request(hop) else SpanKind.CLIENT


def is_request(hop: Hop) -> bool:
    """Whether a hop was reported by the receiver of an HTTP request."""
    return hop.client is not None


def attributes_of(hop: Hop) -> Attributes:
    """The attributes: those of messaging, or of HTTP and of the peer. Payloads are left out."""
    found = _of_record(hop) if hop.topic is not None else _of_request(hop) if is_request(hop) else _of_call(hop)
    ours = {"checkout.order.id": hop.order, "checkout.message": hop.message}
    ours |= {} if hop.is_applied else {"checkout.outcome": str(hop.outcome)}
    return {name: value for name, value in (found | ours).items() if value not in (None, "")}


def status_of(hop: Hop) -> Status:
    """ERROR for an attempt that failed and for a dead letter. A denial is an answer, and so no error."""
    if hop.outcome in UNSUCCESSFUL:
        return Status(StatusCode.ERROR, hop.status or str(hop.outcome))
    return Status(StatusCode.UNSET)


def _of_record(hop: Hop) -> dict[str, str | int | None]:
    operation = "process" if hop.group else "send"
    return {
        "messaging.system": "kafka", "messaging.operation.type": operation, "messaging.operation.name": operation,
        "messaging.destination.name": hop.topic, "messaging.destination.partition.id": str(hop.partition),
        "messaging.kafka.offset": hop.offset, "messaging.kafka.message.key": hop.key,
        "messaging.consumer.group.name": hop.group, "messaging.message.conversation_id": hop.correlation,
    }  # fmt: skip


def _of_request(hop: Hop) -> dict[str, str | int | None]:
    method, _, route = hop.technology.partition(", ")[2].partition(" ")
    return {
        "http.request.method": method, "http.route": route, "url.path": urlsplit(hop.url or "").path,
        "http.response.status_code": _number(hop.status), "user_agent.original": hop.client,
    }  # fmt: skip


def _of_call(hop: Hop) -> dict[str, str | int | None]:
    url = urlsplit(hop.url or "")
    found: dict[str, str | int | None] = {
        "service.peer.name": hop.to, "server.address": url.hostname, "server.port": url.port,
    }  # fmt: skip
    protocol, _, operation = hop.technology.partition(", ")
    if protocol != "HTTP":
        return found | {"network.protocol.name": protocol.lower()}
    method, _, route = operation.partition(" ")
    about = {"http.request.method": method, "url.full": hop.url, "url.template": route}
    return found | about | {"http.response.status_code": _number(hop.status)}


def _number(status: str | None) -> int | None:
    return int(status) if status and status.isdecimal() else None
