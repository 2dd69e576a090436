"""Broker controls: the Kafka brokers of a lab, which can be killed and started."""

from checkout.lab.engine.kafka_session import KafkaSession
from checkout.lab.locking import reads


class BrokerControls:
    """The methods of a lab that concern its Kafka brokers."""

    _session: KafkaSession

    @reads
    def leader(self, topic: str, partition: int = 0) -> int:
        """Returns the id of the broker that leads a partition. Raises LabError in memory."""
        return self._session.leader(topic, partition)

    @reads
    def kill_broker(self, number: int) -> None:
        """Kills a broker (`kill -9`) that this lab has started.

        `number`: its id, see `brokers`. Raises LabError if it does not run.
        """
        self._session.kill_broker(number)

    @property
    def brokers(self) -> list[int]:
        """The ids of the running brokers that this lab has started."""
        return sorted(self._session.processes())

    @reads
    def start_brokers(self) -> None:
        """Starts the brokers that have been killed. Raises LabError if they do not start."""
        self._session.start_brokers()
