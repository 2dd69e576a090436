"""Kafka admin: creates, describes and deletes topics and groups of one run, without joining a group."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kafka import IsolationLevel, KafkaAdminClient, OffsetSpec, TopicPartition, errors
from kafka.admin import MemberToRemove

from checkout.messaging.kafka_client import CLIENT_SETTINGS, KafkaConnection, Result
from checkout.messaging.kafka_topics import choose_brokers, create_topics, set_compression, topic_options
from checkout.messaging.log import Lag, LogUnavailable, Partition, Replicas
from checkout.messaging.security.access_rules import AccessRule
from checkout.messaging.security.kafka_rules import rules_of, set_rules
from checkout.messaging.security.kafka_users import delete_users, set_passwords
from checkout.settings import KafkaSecurity


class KafkaAdmin:
    """Administration of a Kafka as one run of the store sees it: its topic and group names without their prefix.

    `client_settings` override the default settings of the clients, `security` says how they connect. Connects at the
    first call; every method raises LogUnavailable when no broker answers. Raises ValueError for a prefix that does not
    end with `--`.
    """

    def __init__(
        self, bootstrap_servers: str, prefix: str = "", client_settings: Mapping[str, object] | None = None,
        security: KafkaSecurity | None = None,
    ) -> None:  # fmt: skip
        self.connection = KafkaConnection(bootstrap_servers, prefix, client_settings, security)
        self._client: Any = None
        self._lock = threading.Lock()

    def create(
        self, topics: Mapping[str, int], retention: float | None = None, chooses_brokers: bool = False
    ) -> None:
        """Creates topics with their numbers of partitions.

        `retention`: seconds for which records are kept; by default for ever. `chooses_brokers`: assigns the replicas of
        the n-th topic in turn from the n-th broker on, so that every run has the same leaders; by default Kafka does.
        An existing topic keeps its partitions and its retention, and gets the compression setting, without which one
        batch can stop a service.
        """
        cluster = self._call(lambda admin: admin.describe_cluster())
        brokers = sorted(each["broker_id"] for each in cluster["brokers"])
        settings = {
            self.connection.add_prefix(topic): topic_options(topic, partitions, len(brokers), retention)
            for topic, partitions in topics.items()
        }
        if chooses_brokers:
            for first, options in enumerate(settings.values()):
                choose_brokers(options, brokers, first)
        if settings:
            existing = self._call(lambda admin: create_topics(admin, settings))
            self._call(lambda admin: admin.wait_for_topics(list(settings)))
            if existing:
                self._call(lambda admin: set_compression(admin, existing))

    def topics(self) -> dict[str, int]:
        """Returns the topics with their numbers of partitions."""
        return self._existing([self.connection.strip_prefix(name) for name in sorted(self._own_topics())])

    def names(self) -> set[str]:
        """Returns the names of all topics and groups of all runs, with their prefixes."""
        return {*self._call(lambda admin: admin.list_topics()), *self._call(_group_names)}

    def partitions(self, topics: Sequence[str]) -> dict[str, int]:
        """Returns the number of partitions of each topic. Raises LogUnavailable for one that does not exist."""
        found = self._existing(topics)
        if missing := set(topics) - found.keys():
            servers = self.connection.bootstrap_servers
            raise LogUnavailable(f"Kafka at {servers} has no topic {min(missing)}: create it first")
        return found

    def ends(self, topics: Sequence[str]) -> dict[Partition, int]:
        """Returns the end offset of each partition of these topics."""
        return self._offsets(topics, OffsetSpec.LATEST)

    def open_transactions(self, topics: Sequence[str]) -> dict[Partition, tuple[int, int]]:
        """Returns the last stable offset and the end offset of each partition of these topics where they differ.

        The records between the two belong to transactions that have not ended, or come after such records.
        """
        ends = self._offsets(topics, OffsetSpec.LATEST, IsolationLevel.READ_UNCOMMITTED)
        stable = self.ends(topics)  # read second: a record that arrives meanwhile is no open transaction
        return {each: (stable[each], end) for each, end in ends.items() if stable.get(each, end) < end}

    def begins(self, topics: Sequence[str]) -> dict[Partition, int]:
        """Returns the beginning offset of each partition: that of its oldest record, or the end offset without any."""
        return self._offsets(topics, OffsetSpec.EARLIEST)

    def _offsets(
        self, topics: Sequence[str], spec: OffsetSpec, isolation: IsolationLevel = IsolationLevel.READ_COMMITTED
    ) -> dict[Partition, int]:
        counts = self._existing(topics)
        partitions = self._by_topic_partition((topic, n) for topic, count in counts.items() for n in range(count))
        if not partitions:
            return {}
        wanted = dict.fromkeys(partitions, spec)
        found = self._call(lambda admin: admin.list_partition_offsets(wanted, isolation))
        return {partition: found[each].offset for each, partition in partitions.items()}

    def lags(self, group: str, topics: Sequence[str]) -> dict[Partition, Lag]:
        """Returns the lag of a group without joining it."""
        ends = self.ends(topics)
        if not ends:
            return {}
        begins, name = self.begins(topics), self.connection.add_prefix(group)
        partitions = self._by_topic_partition(ends)
        found = self._call(lambda admin: admin.list_group_offsets({name: list(partitions)})[name])
        return {p: Lag(max(0, found[wanted].offset), ends[p], begins.get(p, 0)) for wanted, p in partitions.items()}

    def replicas(self, topics: Sequence[str]) -> dict[Partition, Replicas]:
        """Returns leader, replicas and in-sync replicas of each partition, as the broker that answers knows them.

        Raises LogUnavailable for a topic that does not exist.
        """
        self.partitions(topics)
        names = [self.connection.add_prefix(topic) for topic in topics]
        found = self._call(lambda admin: admin.describe_topics(names))
        return {
            (self.connection.strip_prefix(topic["name"]), each["partition_index"]): _replicas(each)
            for topic in found for each in sorted(topic["partitions"], key=lambda each: each["partition_index"])
        }  # fmt: skip

    def members(self, groups: Sequence[str]) -> dict[str, list[str]]:
        """Returns the members of each of these groups that has any: the name of a static member, or its id."""
        names = {self.connection.add_prefix(group): group for group in groups}
        found = self._call(lambda admin: _describe_groups(admin, list(names)))
        members = {
            names[name]: [str(member["group_instance_id"] or member["member_id"]) for member in group["members"]]
            for name, group in found.items()
        }
        return {group: replicas for group, replicas in members.items() if replicas}

    def remove_member(self, group: str, replica: str, member_id: str | None = None) -> None:
        """Removes a static member from a group at once, as the session timeout does to one that has crashed."""
        add_prefix = self.connection.add_prefix
        member = MemberToRemove(member_id, add_prefix(replica))
        self._call(lambda admin: admin.remove_group_members(add_prefix(group), [member]))

    def set_passwords(self, passwords: Mapping[str, str]) -> None:
        """Creates users with these passwords, or changes theirs, for the SASL mechanism of this connection."""
        mechanism = self.connection.security.mechanism
        self._call(lambda admin: set_passwords(admin, mechanism, passwords))

    def set_rules(self, rules: Sequence[AccessRule]) -> None:
        """Makes these the only rules of the users that they name."""
        self._call(lambda admin: set_rules(admin, {rule.user for rule in rules}, rules))

    def rules(self, user: str) -> set[AccessRule]:
        """Returns the rules of a user, each with one operation."""
        return self._call(lambda admin: rules_of(admin, user))

    def delete_users(self) -> None:
        """Deletes all users with the prefix and their rules. Raises ValueError when the prefix is empty."""
        self._check_prefix()
        self._call(lambda admin: delete_users(admin, self.connection.prefix))

    def delete(self) -> None:
        """Deletes all topics and groups with the prefix. Raises ValueError when the prefix is empty."""
        self._check_prefix()
        if topics := self._own_topics():
            self._call(lambda admin: admin.delete_topics(topics, raise_errors=False))
        if groups := [name for name in self._call(_group_names) if self.connection.has_prefix(name)]:
            self._call(lambda admin: _delete_groups(admin, groups))

    def close(self) -> None:
        """Closes the connection; a later call opens a new one."""
        with self._lock:
            client, self._client = self._client, None
        if client:
            client.close()

    def _check_prefix(self) -> None:
        if not self.connection.prefix:
            raise ValueError("the store without a prefix is not deleted: stop its Kafka and remove its folder")

    def _own_topics(self) -> list[str]:
        return [name for name in self._call(lambda admin: admin.list_topics()) if self.connection.has_prefix(name)]

    def _existing(self, topics: Sequence[str]) -> dict[str, int]:
        if not topics:
            return {}
        names = [self.connection.add_prefix(topic) for topic in topics]
        found = self._call(lambda admin: _describe_topics(admin, names))
        strip_prefix = self.connection.strip_prefix
        return {strip_prefix(topic["name"]): len(topic["partitions"]) for topic in found if topic["partitions"]}

    def _by_topic_partition(self, partitions: Iterable[Partition]) -> dict[TopicPartition, Partition]:
        return {self.connection.topic_partition(partition): partition for partition in partitions}

    def _call(self, request: Callable[[Any], Result]) -> Result:
        # Retried: a coordinator may still be loading, an idle connection may have been closed.
        with self.connection.translate_errors():
            return self.connection.retry(lambda: self._call_once(request))

    def _call_once(self, request: Callable[[Any], Result]) -> Result:
        try:
            return request(self._connected())
        except errors.RetriableError:
            self.close()  # a client never looks for another coordinator, even when the first is dead
            raise

    def _connected(self) -> Any:
        with self._lock:
            self._client = self._client or self.connection.new_client(KafkaAdminClient, CLIENT_SETTINGS)
            return self._client


def _replicas(partition: Mapping[str, Any]) -> Replicas:
    leader = partition["leader_id"]
    return Replicas(leader if leader >= 0 else None, partition["replica_nodes"], sorted(partition["isr_nodes"]))


def _describe_topics(admin: Any, names: Sequence[str]) -> Sequence[Any]:
    found: Sequence[Any] = admin.describe_topics(names)
    for topic in found:
        if topic["error_code"] == errors.TopicAuthorizationFailedError.errno:
            raise errors.TopicAuthorizationFailedError(topic["name"])
    return found


def _group_names(admin: Any) -> list[str]:
    return [group["group_id"] for group in admin.list_groups()]


def _describe_groups(admin: Any, names: Sequence[str]) -> dict[str, Any]:
    existing = set(_group_names(admin))
    return admin.describe_groups([name for name in names if name in existing]) if existing & set(names) else {}


def _delete_groups(admin: Any, groups: Sequence[str]) -> None:
    for name, group in admin.describe_groups(groups).items():
        members = [MemberToRemove(member["member_id"], member["group_instance_id"]) for member in group["members"]]
        admin.remove_group_members(name, members)
    admin.delete_groups(groups)
