"""Proxied Kafka: a local broker whose clients reach it through a TCP proxy only, for faults of the network."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from checkout.faults.fault import Fault
from checkout.faults.tcp_proxy import TcpProxy
from checkout.local_kafka import aot_cache
from checkout.local_kafka.broker_config import BrokerConfig, broker_configs
from checkout.local_kafka.broker_process import start_broker
from checkout.local_kafka.download import class_path
from checkout.local_kafka.probe import is_serving
from checkout.local_kafka.storage import format_storage, random_uuid
from checkout.settings import HOST
from checkout.system.deadline import wait_until
from checkout.system.pid import Pid
from checkout.system.ports import free_port

READY_WITHIN = 60.0  # seconds
STOP_SECONDS = 10.0
# A second listener: clients that have connected to it are told the address of the proxy.
LISTENERS = """\
listeners=PLAINTEXT://{host}:{broker.port},CONTROLLER://{host}:{broker.controller_port},PROXIED://{host}:{behind}
advertised.listeners=PLAINTEXT://{host}:{broker.port},PROXIED://{host}:{proxy}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT
"""


@dataclass(frozen=True)
class ProxiedKafka:
    """A broker and its proxy. `direct` is its address without the proxy, for those that watch the store."""

    proxy: TcpProxy
    direct: str

    @property
    def bootstrap_servers(self) -> str:
        """The address of the proxy."""
        return f"{HOST}:{self.proxy.port}"

    def unreachable(self) -> Fault:
        """Connections are closed and refused."""
        return self._fault("Kafka unreachable", self.proxy.refuse, self.proxy.listen)

    def half_open(self) -> Fault:
        """Connections stay open, and nothing arrives on either side."""
        return self._fault("connections to Kafka half-open", self.proxy.hold, self.proxy.release)

    def one_way(self) -> Fault:
        """Requests reach Kafka; its responses arrive when the fault ends."""
        return self._fault("responses of Kafka lost", lambda: self.proxy.hold(requests=False), self.proxy.release)

    def slow(self, seconds: float) -> Fault:
        """Each request and each response is late by so many seconds."""

        def delay(by: float) -> None:
            self.proxy.delay = by

        return self._fault(f"Kafka slow by {seconds:g} s", lambda: delay(seconds), lambda: delay(0.0))

    def resets(self) -> Fault:
        """Every connection is closed once, in the middle of what it carries."""
        return self._fault("connections to Kafka reset", self.proxy.close_connections, lambda: None)

    def _fault(self, name: str, inject: Callable[[], None], heal: Callable[[], None]) -> Fault:
        return Fault(name, ["kafka"], inject, heal)


@contextmanager
def proxied_kafka(home: Path, port_base: int) -> Iterator[ProxiedKafka]:
    """Runs a broker below `home` and its proxy until the end of the block."""
    [broker] = broker_configs(home, port_base, 1)
    jars, behind = class_path(lambda what, share: None), free_port()
    proxy = TcpProxy(behind)
    try:
        process = _start(broker, jars, LISTENERS.format(host=HOST, broker=broker, behind=behind, proxy=proxy.port))
        try:
            wait_until(lambda: is_serving(broker.port), READY_WITHIN)
            yield ProxiedKafka(proxy, f"{HOST}:{broker.port}")
        finally:
            process.stop(STOP_SECONDS)
    finally:
        proxy.close()


def _start(broker: BrokerConfig, jars: str, listeners: str) -> Pid:
    format_storage(broker, random_uuid(), jars)
    with broker.properties_file.open("a") as file:  # of two lines for a property the last one counts
        file.write(listeners)
    return start_broker(broker, jars, *aot_cache.java_options(jars))
