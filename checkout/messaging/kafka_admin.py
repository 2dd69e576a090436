"""Kafka admin: topics, ends, lags and groups of one run, without joining any group."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import IsolationLevel, OffsetSpec, errors
from kafka.admin import MemberToRemove

from checkout.messaging.kafka_client import Answer, KafkaConnection, topic_settings
from checkout.messaging.log import Lag, LogUnavailable, Partition


class KafkaAdmin:
    """A Kafka as one run of the store sees it. Connects when first needed; raises LogUnavailable when none answers.

    A prefix ends with `--`; no run sees what is another's.
    """

    def __init__(self, bootstrap_servers: str, prefix: str = "", client: Mapping[str, object] | None = None) -> None:
        self.cluster = KafkaConnection(bootstrap_servers, prefix, client)
        self._client: Any = None
        self._lock = threading.Lock()

    def create(self, topics: Mapping[str, int]) -> None:
        """Makes these topics with so many partitions; one that exists stays as it is."""
        brokers = self._ask(lambda admin: len(admin.describe_cluster()["brokers"]))
        wanted = {self.cluster.wire(name): topic_settings(name, topics[name], brokers) for name in topics}
        if wanted:
            self._ask(lambda admin: _create(admin, wanted))
            self._ask(lambda admin: admin.wait_for_topics(list(wanted)))

    def topics(self) -> dict[str, int]:
        """The topics, each with its number of partitions."""
        names = self._ask(lambda admin: admin.list_topics())
        return self._existing([self.cluster.bare(name) for name in sorted(names) if self.cluster.is_ours(name)])

    def names(self) -> set[str]:
        """The names of all topics and groups on the broker, whoever's they are."""
        groups = self._ask(lambda admin: admin.list_groups())
        return {*self._ask(lambda admin: admin.list_topics()), *(group["group_id"] for group in groups)}

    def partitions(self, topics: Sequence[str]) -> dict[str, int]:
        """How many partitions each of these topics has. Raises LogUnavailable for one that does not exist."""
        found = self._existing(topics)
        if missing := set(topics) - found.keys():
            servers = self.cluster.bootstrap_servers
            raise LogUnavailable(f"Kafka at {servers} has no topic {min(missing)}: create it first")
        return found

    def ends(self, topics: Sequence[str]) -> dict[Partition, int]:
        """The offset of the next record of each partition of these topics."""
        counts = self._existing(topics)
        wired = {self.cluster.wired((topic, n)): (topic, n) for topic, number in counts.items() for n in range(number)}
        if not wired:
            return {}
        latest, committed = dict.fromkeys(wired, OffsetSpec.LATEST), IsolationLevel.READ_COMMITTED
        found = self._ask(lambda admin: admin.list_partition_offsets(latest, committed))
        return {partition: found[wire].offset for wire, partition in wired.items()}

    def lags(self, group: str, topics: Sequence[str]) -> dict[Partition, Lag]:
        """How far a group is behind, without joining it."""
        ends = self.ends(topics)
        if not ends:
            return {}
        name, wired = self.cluster.wire(group), {self.cluster.wired(partition): partition for partition in ends}
        found = self._ask(lambda admin: admin.list_group_offsets({name: list(wired)})[name])
        return {partition: Lag(max(0, found[wire].offset), ends[partition]) for wire, partition in wired.items()}

    def leader(self, partition: Partition) -> int:
        """The number of the broker that leads a partition. Raises LogUnavailable for one that does not exist."""
        topic, number = partition
        if number >= self.partitions([topic])[topic]:
            raise LogUnavailable(f"{topic} has no partition {number}")
        found = self._ask(lambda admin: admin.describe_topics([self.cluster.wire(topic)]))[0]["partitions"]
        return int(next(each["leader_id"] for each in found if each["partition_index"] == number))

    def remove_member(self, group: str, replica: str, member: str | None = None) -> None:
        """Does at once what a session time-out does to a silent member: the others get its partitions."""
        leaver = MemberToRemove(member, self.cluster.wire(replica))
        self._ask(lambda admin: admin.remove_group_members(self.cluster.wire(group), [leaver]))

    def delete(self) -> None:
        """Removes all topics and groups of this prefix, and refuses the empty one."""
        if not self.cluster.prefix:
            raise ValueError("the store without a prefix is not deleted: stop its Kafka and remove its folder")
        topics = [name for name in self._ask(lambda admin: admin.list_topics()) if self.cluster.is_ours(name)]
        if topics:
            self._ask(lambda admin: admin.delete_topics(topics, raise_errors=False))
        names = [group["group_id"] for group in self._ask(lambda admin: admin.list_groups())]
        if groups := [name for name in names if self.cluster.is_ours(name)]:
            self._ask(lambda admin: _delete_groups(admin, groups))

    def close(self) -> None:
        """Closes the connection; a later call takes a new one."""
        with self._lock:
            client, self._client = self._client, None
        if client:
            client.close()

    def _existing(self, topics: Sequence[str]) -> dict[str, int]:
        if not topics:
            return {}
        found = self._ask(lambda admin: admin.describe_topics([self.cluster.wire(topic) for topic in topics]))
        return {self.cluster.bare(topic["name"]): len(topic["partitions"]) for topic in found if topic["partitions"]}

    def _ask(self, question: Callable[[Any], Answer]) -> Answer:
        # Patiently: a coordinator may still load, a connection may have been closed for idleness.
        with self.cluster.answering():
            return self.cluster.patiently(lambda: self._answer(question))

    def _answer(self, question: Callable[[Any], Answer]) -> Answer:
        try:
            return question(self._connected())
        except errors.RetriableError:
            self.close()  # a client asks for ever the coordinator it once found, dead or not
            raise

    def _connected(self) -> Any:
        with self._lock:
            self._client = self._client or self.cluster.admin()
            return self._client


def _create(admin: Any, topics: Mapping[str, Mapping[str, object]]) -> None:
    for made in admin.create_topics(topics, raise_errors=False)["topics"]:
        if made["error_code"] not in (0, errors.TopicAlreadyExistsError.errno):
            raise errors.for_code(made["error_code"])(made["error_message"])


def _delete_groups(admin: Any, groups: Sequence[str]) -> None:
    for name, group in admin.describe_groups(groups).items():
        members = [MemberToRemove(member["member_id"], member["group_instance_id"]) for member in group["members"]]
        admin.remove_group_members(name, members)
    admin.delete_groups(groups)
