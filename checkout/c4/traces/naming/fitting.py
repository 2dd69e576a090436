"""Fitting: how well an observed technology fits one that is drawn."""

import re
from enum import IntEnum

from checkout.c4.traces.naming.seeing import ANY, HTTP, Seen

METHODS = frozenset({"get", "head", "post", "put", "patch", "delete", "options"})
PLACEHOLDER = re.compile(r"\{.*\}|<.*>|\[.*\]|:.+|\*+")
WILDCARD = re.compile(r"\{[^}]*\}|\*")
MESSAGING = frozenset({
    "apache", "kafka", "rabbitmq", "amqp", "jms", "sqs", "sns", "nats", "pulsar", "mqtt", "pubsub", "servicebus",
    "activemq", "async", "asynchronous", "messaging", "message", "messages", "event", "events", "topic", "queue",
    "publish", "subscribe", "json", "avro", "protobuf", "cloudevents",
})  # fmt: skip


class Match(IntEnum):
    """How an observed technology fits a drawn one, the least specific first; OPEN: one of the two is not given."""

    NONE = 0
    OPEN = 1
    PROTOCOL = 2
    ROUTE = 3
    TOPIC = 4
    TEXT = 5


Rank = tuple[Match, int]
NO_FIT: Rank = (Match.NONE, 0)


def rank(drawn: str, seen: Seen) -> Rank:
    """How a drawn technology fits an observed one, and how many literal parts of its route do."""
    if not drawn:
        return Match.OPEN, 0
    if drawn in (seen.topic, seen.detailed) or drawn in seen.paths:
        return Match.TEXT, 0
    if seen.topic or seen.words & MESSAGING:
        return _rank_message(drawn, seen)
    if seen.words == ANY:
        return Match.OPEN, 0
    return _rank_http(drawn, seen) if seen.words & HTTP else _rank_call(drawn, seen)


def _rank_message(drawn: str, seen: Seen) -> Rank:
    parts = [part.strip() for part in re.split(r"[,;:]", drawn)]
    if any(_is_topic(name, seen.topic) for name in (*parts, *drawn.split())):
        return Match.TOPIC, 0
    words = _words(drawn)
    # "Kafka, order.placed" names another topic; "events on Kafka" names none.
    names_topic = any(part and " " not in part and part.casefold() not in MESSAGING | seen.words for part in parts)
    return NO_FIT if names_topic or not words & (MESSAGING | seen.words) else (Match.PROTOCOL, 0)


def _is_topic(drawn: str, topic: str) -> bool:
    if drawn == topic or not WILDCARD.search(drawn):
        return drawn == topic
    literal = [re.escape(part) for part in WILDCARD.split(drawn)]
    return any(literal) and bool(re.fullmatch(".+".join(literal), topic))


def _rank_http(drawn: str, seen: Seen) -> Rank:
    words = _words(drawn)
    methods = words & METHODS
    if methods and seen.method and seen.method.casefold() not in methods:
        return NO_FIT
    routes = [part for part in re.split(r"[,\s]+", drawn) if part.startswith("/")]
    if routes and seen.paths:
        literals = [_equal_parts(route, path) for route in routes for path in seen.paths]
        best = max(literals)
        return (Match.ROUTE, 2 * best + bool(methods)) if best >= 0 else NO_FIT
    if methods and seen.method:
        return Match.ROUTE, 0
    return (Match.PROTOCOL, 0) if words & HTTP else NO_FIT


def _rank_call(drawn: str, seen: Seen) -> Rank:
    """For a remote call or a database: the method, with or without its package, else the protocol."""
    remote, tokens = next(iter(seen.paths), ""), re.split(r"[,\s()]+", drawn)
    if remote and any(token and re.search(rf"(?:^|[./]){re.escape(token.strip('/'))}$", remote) for token in tokens):
        return Match.ROUTE, 0
    names_method = remote and any("/" in token.strip("/") for token in tokens)
    return (Match.PROTOCOL, 0) if _words(drawn) & seen.words and not names_method else NO_FIT


def _equal_parts(drawn: str, path: str) -> int:
    """The number of equal parts of a drawn route and a path, or -1 if they differ; a placeholder fits any part."""
    parts, others = drawn.strip("/").split("/"), path.partition("?")[0].strip("/").split("/")
    if len(parts) != len(others):
        return -1
    pairs = list(zip(parts, others, strict=True))
    if any(part != other and not PLACEHOLDER.fullmatch(part) for part, other in pairs):
        return -1
    return sum(part == other for part, other in pairs)


def _words(drawn: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w+.-]+", drawn.casefold()))
