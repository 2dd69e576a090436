"""Broker configuration: ports, files and server properties of one broker of the local Kafka."""

from pathlib import Path
from typing import NamedTuple

from checkout.local_kafka import security
from checkout.settings import HOST, KAFKA_PORTS

PROPERTIES = """\
process.roles=broker,controller
node.id={broker.number}
controller.quorum.voters={voters}
{listeners}
controller.listener.names=CONTROLLER
log.dirs={broker.data_folder}
# by default Kafka's internal topics need three brokers
offsets.topic.replication.factor={broker.brokers}
offsets.topic.num.partitions=1
transaction.state.log.replication.factor={broker.brokers}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor={broker.brokers}
share.coordinator.state.topic.min.isr={in_sync}
default.replication.factor={broker.brokers}
min.insync.replicas={in_sync}
auto.create.topics.enable=false
# fast start, small memory
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
background.threads=2
log.cleaner.dedupe.buffer.size=8388608
# notice soon that a broker has ended; after a crash it may register again when its old session has ended
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
replica.lag.time.max.ms=1000
# a learner may pause for days
transaction.max.timeout.ms=7200000
offsets.retention.minutes=525600
log.retention.ms=-1
# a learner sees at once what retention deletes; with 70 topics the checks cost no measurable CPU time
log.initial.task.delay.ms=1000
log.retention.check.interval.ms=1000
# what has no retention of its own stays small
log.segment.delete.delay.ms=10000
offsets.topic.segment.bytes=16777216
"""


class BrokerConfig(NamedTuple):
    """Broker `number`, from 1, of a cluster of `brokers`; each broker is a controller too.

    `home` holds the files of all brokers, `port_base` is the lowest port of the store.
    """

    home: Path
    number: int
    brokers: int
    port_base: int

    @property
    def port(self) -> int:
        """The port for clients and other brokers."""
        return self.port_base + KAFKA_PORTS[2 * (self.number - 1)]

    @property
    def controller_port(self) -> int:
        """The port for the other controllers."""
        return self.port + 1

    @property
    def data_folder(self) -> Path:
        """The folder of the topics (`log.dirs`)."""
        return self.home / "kafka" / f"broker-{self.number}"

    @property
    def properties_file(self) -> Path:
        """The file with the server properties."""
        return self.home / "kafka" / f"broker-{self.number}.properties"

    @property
    def log_file(self) -> Path:
        """The output of the process. The previous process's output has the suffix `.old`."""
        return self.home / "logs" / f"kafka-{self.number}.log"

    def properties(self) -> str:
        """Returns the server properties: fast start, small memory, unlimited retention.

        Those of a secured Kafka contain passwords.
        """
        every = broker_configs(self.home, self.port_base, self.brokers)
        voters = ",".join(f"{each.number}@{HOST}:{each.controller_port}" for each in every)
        listeners = f"listeners=PLAINTEXT://{HOST}:{self.port},CONTROLLER://{HOST}:{self.controller_port}"
        if security.is_secured(self.home):
            listeners = security.broker_properties(self.home, self.port, self.controller_port).rstrip()
        return PROPERTIES.format(broker=self, listeners=listeners, voters=voters, in_sync=min(self.brokers, 2))


def broker_configs(home: Path, port_base: int, brokers: int) -> list[BrokerConfig]:
    """Returns the configurations of a cluster of so many brokers."""
    return [BrokerConfig(home.resolve(), number, brokers, port_base) for number in range(1, brokers + 1)]


def bootstrap_servers(brokers: list[BrokerConfig]) -> str:
    """Returns the clients' `bootstrap_servers` setting for these brokers."""
    return ",".join(f"{HOST}:{broker.port}" for broker in brokers)
