"""AsyncAPI views: compares the Kafka arrows of diagrams with the channels and operations of AsyncAPI documents."""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from checkout.c4.findings import Finding
from checkout.c4.notations.asyncapi import AsyncApi
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.elements import Element

VERBS = {"send": "sends to", "receive": "receives from"}
TopicArrow = tuple[Arrow, str, str, str]  # an arrow, the service, its action (send or receive), and one of its topics


def compare_with_asyncapi(drawings: Sequence[Drawing], document: AsyncApi) -> list[Finding]:
    """Findings on Kafka arrows that a document has not, and on operations that no container view draws.

    A container view may name the broker instead of topics. Operations are compared with the container views that have
    Kafka arrows, channels without operations likewise; where there is no such view, nothing can be missing.
    """
    found = list[Finding]()
    for drawing in drawings:
        for each in _topic_arrows(drawing):
            found += _compare_arrow(each, document)
    return [*found, *_missing(drawings, document)]


def _topic_arrows(drawing: Drawing) -> Iterator[TopicArrow]:
    brokers = {alias: element for alias, element in drawing.aliases.items() if _is_kafka(element)}
    for arrow in drawing.visible_arrows:
        ends = ((arrow.target, arrow.source, "send"), (arrow.source, arrow.target, "receive"))
        broker, service, action = next((end for end in ends if end[0] in brokers), ("", "", ""))
        for topic in _topics(arrow, brokers[broker]) if broker else ():
            yield arrow, service, action, topic


def _is_kafka(element: Element) -> bool:
    return element.shape == "queue" and (not element.technology or "kafka" in element.technology.lower())


def _topics(arrow: Arrow, broker: Element) -> list[str]:
    names = f"{broker.label} {broker.technology}"
    parts = [part.strip() for part in re.split(r"[,;|\n]", arrow.technology) if part.strip()]
    return [part for part in parts if not re.search(rf"\b{re.escape(part)}\b", names, re.I)]


def _compare_arrow(found: TopicArrow, document: AsyncApi) -> Iterator[Finding]:
    arrow, service, action, topic = found
    address = document.covers(topic)
    if address is None:
        near = get_close_matches(topic, document.channels, 1, 0.6)
        fix = f"write {near[0]}" if near else "correct the topic, or add the channel"
        yield arrow.line.finding("asyncapi-channel", f"{document.name} has no channel {topic}", fix, topic)
    elif _lacks(document, service, action, address):
        message = f"in {document.name} {service} has no operation that {VERBS[action]} {topic}"
        yield arrow.line.finding("asyncapi-operation", message, "correct the arrow or the document", topic)


def _lacks(document: AsyncApi, service: str, action: str, address: str) -> bool:
    """Whether a document has operations of a service, but not this one."""
    operations = {(each.action, each.address) for each in document.operations if each.service == service}
    return bool(operations) and (action, address) not in operations


def _missing(drawings: Sequence[Drawing], document: AsyncApi) -> Iterator[Finding]:
    views = [drawing for drawing in drawings if not drawing.is_dynamic]
    drawn = [(drawing, each) for drawing in views for each in _topic_arrows(drawing)]
    if not drawn:
        return
    names = " and ".join(sorted({drawing.diagram.file.name for drawing, _ in drawn}))
    aliases = {alias for drawing, _ in drawn for alias in drawing.aliases}
    done = {(service, action, document.covers(topic)) for _, (_, service, action, topic) in drawn}
    for operation in document.operations:
        key = (operation.service, operation.action, operation.address)
        if operation.service in aliases and key not in done:
            message = f"{operation.service} {VERBS[operation.action]} {operation.address}, which is not in {names}"
            yield operation.line.finding("asyncapi-missing", message, "draw it, or remove the operation")
    topics = {address for _, _, address in done}
    with_service = {each.address for each in document.operations if each.service in aliases}
    for address, line in document.channels.items():
        if address not in topics and address not in with_service:
            yield line.finding("asyncapi-missing", f"the channel {address} is not in {names}", "draw it, or remove it")
