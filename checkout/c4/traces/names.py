"""Attribute names: under which names traces hold a topic, a peer or a route, the current name before older ones.

The current names are those of OpenTelemetry's semantic conventions 1.44; the older ones are those of earlier versions,
of OpenTracing and of Zipkin's libraries.
"""

import re

from checkout.c4.traces.span import Value

Names = tuple[str, ...]

TOPIC: Names = (
    "messaging.destination.template", "messaging.destination.name", "messaging.source.name", "messaging.destination",
    "message_bus.destination", "kafka.topic",
)  # fmt: skip
QUEUE: Names = (
    "messaging.rabbitmq.destination.routing_key", "messaging.rabbitmq.routing_key", "rabbit.queue",
    "rabbit.routing_key",
)  # fmt: skip
OPERATION: Names = ("messaging.operation.type", "messaging.operation", "messaging.operation.name")
PARTITION: Names = (
    "messaging.destination.partition.id", "messaging.kafka.destination.partition", "messaging.kafka.partition",
    "messaging.kafka.source.partition", "partition",
)  # fmt: skip
OFFSET: Names = ("messaging.kafka.offset", "messaging.kafka.message.offset", "offset")
GROUP: Names = (
    "messaging.consumer.group.name", "messaging.kafka.consumer.group", "messaging.kafka.consumer_group",
    "messaging.consumer.id",
)  # fmt: skip
KEY: Names = ("messaging.kafka.message.key", "messaging.kafka.message_key")
MESSAGE_COUNT: Names = ("messaging.batch.message_count",)
SYSTEM: Names = ("messaging.system",)
BROKER_URL: Names = ("messaging.url",)
METHOD: Names = ("http.request.method", "http.method")
ROUTE: Names = ("http.route", "url.template")
PATH: Names = ("url.path", "http.target", "http.path")
URL: Names = ("url.full", "http.url")
STATUS: Names = ("http.response.status_code", "http.status_code")
SERVICE_PEER: Names = ("service.peer.name", "peer.service")
ADDRESS: Names = ("server.address", "net.peer.name", "peer.hostname")
HTTP_HOST: Names = ("http.host",)
NETWORK_PEER: Names = ("network.peer.address", "net.peer.ip")
RPC_SYSTEM: Names = ("rpc.system.name", "rpc.system")
RPC_SERVICE: Names = ("rpc.service",)
RPC_METHOD: Names = ("rpc.method",)
RPC_STATUS: Names = ("rpc.response.status_code", "rpc.grpc.status_code", "grpc.status_code", "status.code")
DATABASE: Names = ("db.system.name", "db.system", "db.type")
DATABASE_NAME: Names = ("db.namespace", "db.name", "db.instance")
DATABASE_OPERATION: Names = ("db.query.summary", "db.operation.name", "db.operation")
COMPONENT: Names = ("component",)
PROTOCOL: Names = ("network.protocol.name", "net.app.protocol.name", "net.protocol.name")
NAMESPACE: Names = ("service.namespace",)
INSTANCE: Names = ("service.instance.id", "client-uuid", "k8s.pod.name", "container.id")
HOST: Names = ("host.name", "hostname", "host.ip", "ip")
PROCESS: Names = ("process.pid",)

KEPT = frozenset(
    name
    for names in (
        TOPIC, QUEUE, OPERATION, PARTITION, OFFSET, GROUP, KEY, MESSAGE_COUNT, SYSTEM, BROKER_URL, METHOD, ROUTE, PATH,
        URL, STATUS, SERVICE_PEER, ADDRESS, HTTP_HOST, NETWORK_PEER, RPC_SYSTEM, RPC_SERVICE, RPC_METHOD, RPC_STATUS,
        DATABASE, DATABASE_NAME, DATABASE_OPERATION, COMPONENT, PROTOCOL, NAMESPACE, INSTANCE, HOST,
        PROCESS,
    )
    for name in names
)  # fmt: skip
URLS = frozenset((*PATH, *URL, *BROKER_URL))

OPERATIONS = {  # what instrumentations write -> the type of the conventions
    "create": "create", "send": "send", "publish": "send", "produce": "send", "receive": "receive",
    "poll": "receive", "recv": "receive",
    "process": "process", "deliver": "process", "consume": "process", "settle": "settle", "commit": "settle",
    "ack": "settle", "nack": "settle",
}  # fmt: skip


def without_secrets(name: str, value: Value) -> Value:
    """The value of an attribute, for a URL or path without user, password, query and fragment."""
    if name not in URLS or not isinstance(value, str):
        return value
    address = value.partition("?")[0].partition("#")[0]
    return re.sub(r"(^|://)[^/]*@", r"\1", address)
