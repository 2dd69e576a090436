"""Kafka client: connection settings of kafka-python's clients, names with a run's prefix, translation of errors."""

import contextlib
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from kafka import TopicPartition, errors

from checkout.messaging.log import CommitRefused, LogUnavailable, Partition, ProducerRecord, Record, RecordMetadata
from checkout.messaging.security import login
from checkout.settings import KafkaSecurity

Result = TypeVar("Result")

BROKER_TIMEOUT_SECONDS = 8.0  # a broker that does not answer for so long counts as unavailable
ATTEMPT_TIMEOUT_SECONDS = 1.0  # of one flush or commit, which is retried within BROKER_TIMEOUT_SECONDS
CONNECT_TIMEOUT_SECONDS = 2.0
PREFIX = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*--")  # no topic of the store and no other prefix begins with one
CLIENT_SETTINGS = {
    "bootstrap_timeout_ms": 5_000,
    "request_timeout_ms": 5_000,
    "reconnect_backoff_max_ms": 1_000,
    "metadata_max_age_ms": 2_000,  # by default a client may ask a dead leader for 5 minutes
}


class ReplicaFenced(CommitRefused):
    """Another process has joined the group under this member's name."""


DENIALS = (
    errors.TopicAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.ClusterAuthorizationFailedError,
    errors.TransactionalIdAuthorizationFailedError,
)


class AccessDenied(LogUnavailable):
    """The rules of the cluster do not allow this user the operation."""

    def __init__(self, servers: str, user: str, reason: object) -> None:
        remedy = "see the rules that `checkout kafka acls` prints"
        super().__init__(f"Kafka at {servers} denies it to the user {user or 'ANONYMOUS'}: {reason}: {remedy}")


class KafkaConnection:
    """Address of a Kafka, and the prefix of all topic and group names that one run of the store uses there.

    Only this class sees prefixed names. `prefix`: letters, digits and single dashes, ending with `--`, or empty.
    `client_settings` override the default settings of the clients, `security` says how they connect. Raises ValueError
    for another prefix.
    """

    def __init__(
        self, bootstrap_servers: str, prefix: str, client_settings: Mapping[str, object] | None,
        security: KafkaSecurity | None = None,
    ) -> None:  # fmt: skip
        if prefix and not PREFIX.fullmatch(prefix):
            raise ValueError(f"{prefix!r} cannot be a prefix: take letters, digits and single dashes, and end with --")
        logging.getLogger("kafka").setLevel(logging.ERROR)
        self.bootstrap_servers, self.prefix = bootstrap_servers, prefix
        self._client_settings = dict(client_settings or {})
        self.security = security or KafkaSecurity()

    def check_reachable(self) -> None:
        """Raises KafkaConnectionError when no broker accepts a connection, LoginRefused when it refuses the user.

        kafka-python would notice only after 5 seconds, not say why, and leave a thread behind.
        """
        for host, port in self._addresses():
            with contextlib.suppress(OSError):
                login.connect(host, port, self.security, CONNECT_TIMEOUT_SECONDS).close()
                return
        if self.security != KafkaSecurity():
            self._check_protocol()
        raise errors.KafkaConnectionError(f"{self.bootstrap_servers} accepts no connection")

    def check_usable(self) -> None:
        """Raises LogUnavailable when no broker answers, or none in the security protocol of this connection."""
        with self.translate_errors():
            self.check_reachable()
        self._check_protocol()

    def retry(self, attempt: Callable[[], Result]) -> Result:
        """Repeats `attempt` on retriable errors, until BROKER_TIMEOUT_SECONDS or no broker is reachable."""
        deadline = time.monotonic() + BROKER_TIMEOUT_SECONDS
        while True:
            try:
                return attempt()
            except errors.RetriableError:
                self.check_reachable()
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def new_client(self, kind: Any, defaults: Mapping[str, object], **settings: object) -> Any:
        """Returns a new client of class `kind`, such as `KafkaConsumer`; `settings` override its defaults."""
        self.check_reachable()
        # `client_settings` may include a consumer's, which other clients refuse.
        known = {name: value for name, value in self._client_settings.items() if name in kind.DEFAULT_CONFIG}
        known |= client_security(self.security)
        try:
            return kind(bootstrap_servers=self.bootstrap_servers, **{**defaults, **known, **settings})
        except errors.RetriableError:
            self._check_protocol()
            raise

    def add_prefix(self, name: str) -> str:
        """Returns the broker's name of a topic, group or member."""
        return self.prefix + name

    def strip_prefix(self, name: str) -> str:
        """Returns the name without the prefix."""
        return name[len(self.prefix) :]

    def has_prefix(self, name: str) -> bool:
        """Whether a name on the broker belongs to this run, and is not internal to Kafka."""
        found = PREFIX.match(name)
        return not name.startswith("__") and (found.group() if found else "") == self.prefix

    def topic_partition(self, partition: Partition) -> TopicPartition:
        """Returns kafka-python's partition, with the prefix."""
        return TopicPartition(self.prefix + partition[0], partition[1])

    def to_records(self, found: Iterable[Any]) -> list[Record]:
        """Converts kafka-python's records."""
        prefix_length = len(self.prefix)
        return [
            Record(topic[prefix_length:], partition, offset, key, value, headers, timestamp)
            for topic, partition, _, offset, timestamp, _, key, value, headers, *_ in found
        ]

    @contextlib.contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Converts kafka-python's errors to LogUnavailable."""
        try:
            yield
        except DENIALS as error:
            raise AccessDenied(self.bootstrap_servers, self.security.user, error) from error
        except errors.RetriableError as error:
            remedy = "start one with `checkout kafka start`"
            raise LogUnavailable(f"no Kafka answers at {self.bootstrap_servers}: {remedy}") from error
        except errors.KafkaError as error:
            raise LogUnavailable(f"Kafka at {self.bootstrap_servers} refuses: {error}") from error

    def _addresses(self) -> Iterator[tuple[str, int]]:
        for server in self.bootstrap_servers.split(","):
            host, _, port = server.strip().rpartition(":")
            with contextlib.suppress(ValueError):
                yield host.strip("[]"), int(port)

    def _check_protocol(self) -> None:
        # kafka-python only says that it cannot connect.
        for host, port in self._addresses():
            found = login.listener_protocol(host, port, CONNECT_TIMEOUT_SECONDS)
            if found not in ("", self.security.protocol):
                raise login.OtherProtocol(f"{host}:{port}", found, self.security)


def client_security(security: KafkaSecurity) -> dict[str, object]:
    """The settings with which kafka-python's clients connect."""
    found: dict[str, object] = {"security_protocol": security.protocol}
    if security.has_tls and security.ca_file:
        found["ssl_cafile"] = security.ca_file
    if security.has_sasl:
        found |= {"sasl_mechanism": security.mechanism, "sasl_plain_username": security.user}
        found["sasl_plain_password"] = security.password()
    return found


class GroupConsumer(Protocol):
    """The consumer of one `KafkaLog`, on one of the client libraries."""

    assignment: set[Partition]

    def __init__(
        self, connection: KafkaConnection, group: str, partitions: Mapping[str, int], replica: str | None
    ) -> None:
        """Subscribes to topics as member `replica`; without one, takes the given number of partitions of each."""

    @property
    def member_id(self) -> str:
        """The id that the group's coordinator has given to this member; empty without one."""

    def assigned_now(self) -> set[Partition]:
        """Returns the present assignment; `assignment` is that of the last `poll`."""

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """Returns at most `max_records` records; waits at most `timeout` seconds for the first, or for `wake`.

        Updates `assignment`. Raises ReplicaFenced or LogUnavailable.
        """

    def wake(self) -> None:
        """Ends the wait of `poll`; if none is waiting, of the next one."""

    def seek(self, partition: Partition, offset: int) -> None:
        """Sets the offset at which `poll` continues."""

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits for the group the offset of the next record of each partition; retries on retriable errors.

        Raises CommitRefused during a rebalance and when another member has the partitions, ReplicaFenced when it has
        this member's name, and LogUnavailable.
        """

    def close(self) -> None:
        """Closes the consumer. A static member keeps its partitions until the session timeout."""


class RecordProducer(Protocol):
    """The producer of one `KafkaLog`, on one of the client libraries."""

    def __init__(self, connection: KafkaConnection, count_partitions: Callable[[str], int]) -> None:
        """`count_partitions` returns the number of partitions of a topic."""

    def send(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all records and returns the metadata of each. Raises as `Log.send` does."""

    def close(self, timeout: float = 1.0) -> None:
        """Closes the connection and drops what is not sent within `timeout` seconds."""
