"""Broker watch: state that the journal does not contain - brokers, leaders, in-sync replicas, topics, offsets."""

from contextlib import suppress

from checkout.lab.partitions.partition_history import PartitionHistory
from checkout.lab.sessions.session import Session
from checkout.messaging.log import Broker, LogUnavailable


class BrokerWatch:
    """Asks the broker of a lab and reports to its partition history. In memory there is nothing to ask.

    Brokers that were killed or started change leaders and in-sync replicas some seconds later: until then the broker
    is asked at each hop.
    """

    def __init__(self, session: Session, partitions: PartitionHistory) -> None:
        self._session, self._partitions, self._is_settled = session, partitions, True
        partitions.before_hop = self._follow

    @property
    def _broker(self) -> Broker | None:
        return self._session.broker if self._session.has_replicas else None

    def look(self) -> None:
        """Asks for everything now. While no majority of the brokers runs, only which do."""
        broker = self._broker
        if broker is None:
            return
        self._look_at_brokers()
        with suppress(LogUnavailable):
            if self._can_answer():
                topics = broker.topics()
                self._partitions.add_topics(topics)
                self._partitions.set_begins(broker.begins([*topics]))
                self._partitions.set_ends(broker.ends([*topics]))  # also of topics that only others know
                self._look_at_replicas([*topics])

    def has_changed(self) -> None:
        """Brokers were killed or started."""
        self._is_settled = False
        self._look_at_brokers()

    def _follow(self) -> None:
        broker = self._broker
        if not self._is_settled and broker is not None and self._can_answer():
            with suppress(LogUnavailable):
                self._look_at_replicas([*broker.topics()])

    def _look_at_brokers(self) -> None:
        if started := self._session.started_brokers():
            self._partitions.set_brokers(started)

    def _look_at_replicas(self, topics: list[str]) -> None:
        found, brokers = self._session.replicas(topics), dict(self._session.started_brokers())
        self._partitions.set_replicas(found)
        if not brokers:  # an external Kafka: a broker that is in sync for no partition does not run
            in_sync = {number for each in found.values() for number in each.in_sync}
            brokers = {number: number in in_sync for each in found.values() for number in each.all}
            self._partitions.set_brokers(brokers)
        running = {number for number, is_running in brokers.items() if is_running}
        self._is_settled = all(
            each.leader in running and set(each.in_sync) == running & set(each.all) for each in found.values()
        )

    def _can_answer(self) -> bool:
        started = self._session.started_brokers().values()
        return not started or 2 * sum(started) > len(started)
