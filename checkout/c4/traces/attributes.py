"""Attributes: what a span says about messages, requests, databases and peers, under current and older names.

Text is "" and a number None where the span has none.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from checkout.c4.traces import names
from checkout.c4.traces.names import Names
from checkout.c4.traces.span import Kind, Span


def text(span: Span, candidates: Names) -> str:
    """The first of the attributes that is present and not empty, as text."""
    for name in candidates:
        value = span.attributes.get(name)
        if value is not None and value != "":
            return ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return ""


def number(span: Span, candidates: Names) -> int | None:
    """The first of the attributes that is a whole number, as a number or as text."""
    for name in candidates:
        value = span.attributes.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and len(value) < 20 and value.isascii() and value.isdigit():
            return int(value)
    return None


def topic(span: Span) -> str:
    """The topic or queue of a message; its template where names are made per message. RabbitMQ: the queue's name."""
    return text(span, names.TOPIC) or text(span, names.QUEUE) or _topic_in_name(span)


def operation(span: Span) -> str:
    """create, send, receive, process or settle; from attributes, else from the name of a messaging span."""
    for name in names.OPERATION:
        found = names.OPERATIONS.get(str(span.attributes.get(name, "")).lower())
        if found:
            return found
    return _operation_in_name(span) if is_messaging(span) else ""


def is_messaging(span: Span) -> bool:
    """Whether the span is about messages, whatever its kind is."""
    return span.kind in (Kind.PRODUCER, Kind.CONSUMER) or bool(text(span, names.SYSTEM + names.TOPIC + names.QUEUE))


def system(span: Span) -> str:
    """The messaging system in lower case, such as kafka or rabbitmq."""
    named = text(span, names.SYSTEM)
    if named or not is_messaging(span):
        return named.lower()
    if "kafka.topic" in span.attributes:
        return "kafka"
    return "rabbitmq" if text(span, names.QUEUE) else text(span, names.SERVICE_PEER).lower()


def brokers(span: Span) -> list[str]:
    """What may name the broker of a messaging span: its system, service and host, in order of preference."""
    hosts = [text(span, names.ADDRESS), _host(text(span, names.BROKER_URL))]
    return _distinct([system(span), text(span, names.SERVICE_PEER), *hosts])


def partition(span: Span) -> int | None:
    """The partition of a message."""
    return number(span, names.PARTITION)


def offset(span: Span) -> int | None:
    """The offset of a message in its partition."""
    return number(span, names.OFFSET)


def group(span: Span) -> str:
    """The consumer group."""
    return text(span, names.GROUP)


def key(span: Span) -> str:
    """The key of a message."""
    return text(span, names.KEY)


def message_count(span: Span) -> int | None:
    """The number of messages in a batch."""
    return number(span, names.MESSAGE_COUNT)


def http_method(span: Span) -> str:
    """The method of an HTTP request, in upper case."""
    return text(span, names.METHOD).upper()


def route(span: Span) -> str:
    """The template of the route, else the path of the request without its query."""
    return text(span, names.ROUTE) or text(span, names.PATH) or _path(text(span, names.URL))


def paths(span: Span) -> list[str]:
    """The concrete paths of an HTTP request, from its path and its URL."""
    return [path for path in (text(span, names.PATH), _path(text(span, names.URL))) if path]


def protocol(span: Span) -> str:
    """The application protocol in lower case, such as http or smtp."""
    return text(span, names.PROTOCOL).lower()


def status_code(span: Span) -> int | None:
    """The status code of an HTTP response."""
    return number(span, names.STATUS)


def rpc_system(span: Span) -> str:
    """The RPC system in lower case, such as grpc."""
    component = text(span, names.COMPONENT).lower()
    return text(span, names.RPC_SYSTEM).lower() or ("grpc" if component == "grpc" else "")


def rpc_method(span: Span) -> str:
    """The fully qualified method of a remote call, as `package.Service/Method`."""
    method, service = text(span, names.RPC_METHOD), text(span, names.RPC_SERVICE)
    if not method and rpc_system(span):
        method = span.name
    return (f"{service}/{method}" if service and "/" not in method else method).lstrip("/")


def rpc_status(span: Span) -> str:
    """The status of a remote call, as its system writes it: for gRPC a number or a name such as UNAVAILABLE."""
    return text(span, names.RPC_STATUS) if rpc_system(span) else ""


def database(span: Span) -> str:
    """The database system in lower case, such as postgresql."""
    return text(span, names.DATABASE).lower()


def database_name(span: Span) -> str:
    """The name of the database."""
    return text(span, names.DATABASE_NAME)


def database_operation(span: Span) -> str:
    """The operation on the database, such as SELECT; no query text, which may contain secrets."""
    return text(span, names.DATABASE_OPERATION)


def peers(span: Span) -> list[str]:
    """What may name the called system, in order of preference; no IP addresses, no localhost. Empty for a server span.

    On server spans the same attributes describe the span's own service (`server.address`) or its caller.
    """
    if span.kind is Kind.SERVER:
        return []
    hosts = [text(span, candidates) for candidates in (names.ADDRESS, names.HTTP_HOST, names.NETWORK_PEER)]
    hosts.insert(1, _host(text(span, names.URL)))
    named = [text(span, (name,)) for name in names.SERVICE_PEER]
    return _distinct([*named, *map(_without_port, hosts), database_name(span), database(span)])


def caller(span: Span) -> str:
    """The service that a server span names as its caller."""
    return text(span, names.SERVICE_PEER) if span.kind is Kind.SERVER else ""


def namespace(span: Span) -> str:
    """The namespace of the service."""
    return text(span, names.NAMESPACE)


def replica(span: Span) -> str:
    """What identifies the process: the id of the instance, else its host with the process id. Equal means one clock.

    A process id without a host identifies none.
    """
    of_host = "/".join(filter(None, (host(span), text(span, names.PROCESS)))) if host(span) else ""
    return text(span, names.INSTANCE) or of_host


def host(span: Span) -> str:
    """The host of the process, whose processes have one clock. Empty for one that is only known as localhost."""
    found = text(span, names.HOST)
    return "" if found.startswith(("127.", "localhost", "::1")) else found


def _topic_in_name(span: Span) -> str:
    if not is_messaging(span):
        return ""
    for prefix in ("To_", "From_"):
        if span.name.startswith(prefix):
            return span.name.removeprefix(prefix)
    before, _, last = span.name.rpartition(" ")
    return before if last.lower() in names.OPERATIONS else ""


def _operation_in_name(span: Span) -> str:
    if span.name.startswith("To_"):
        return "send"
    if span.name.startswith("From_"):
        return "process"
    first, last = span.name.lower().partition(" ")[0], span.name.lower().rpartition(" ")[2]
    return names.OPERATIONS.get(last) or names.OPERATIONS.get(first) or ""


def _distinct(candidates: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for name in candidates if name and not _is_anonymous(name)))


@lru_cache(maxsize=4096)
def _is_anonymous(name: str) -> bool:
    if name.lower() in ("localhost", "localhost.localdomain"):
        return True
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() and ":" not in name else host


@lru_cache(maxsize=4096)
def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # brackets that are no IPv6 address
        return ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
