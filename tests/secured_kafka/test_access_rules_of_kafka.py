"""Access rules of Kafka: each service reads and writes what is its own; everything else is refused."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from secured_kafka.secured_store import login_of

from checkout.local_kafka import security
from checkout.messages import TOPICS
from checkout.messaging.clients.confluent_consumer import ConfluentConsumer
from checkout.messaging.clients.confluent_producer import ConfluentProducer
from checkout.messaging.clients.kafka_consumer import BackgroundConsumer
from checkout.messaging.clients.kafka_producer import BatchProducer
from checkout.messaging.kafka_client import AccessDenied
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import ProducerRecord
from checkout.messaging.security.access_rules import READ, TOPIC, AccessRule
from checkout.messaging.security.login import LoginRefused
from checkout.processes.kafka_access import access_rules
from checkout.processes.supervisor import Supervisor
from checkout.registry import STORE

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
APPROVED, RESERVED, CHARGE = "order.new-order-approved", "stock.order-products-reserved", "order.process-order-payment"
ALLOW, DENY = ACLPermissionType.ALLOW, ACLPermissionType.DENY
LITERAL, PREFIXED = ACLResourcePatternType.LITERAL, ACLResourcePatternType.PREFIXED
WaitUntil = Callable[..., None]


def test_a_service_creates_and_writes_only_the_topics_of_its_own_dead_letters(
    connect: Callable[..., KafkaBroker], store: Supervisor, wait_until: WaitUntil
) -> None:
    operator = connect()
    with closing(BatchProducer(operator.connection, lambda topic: 1)) as producer:
        producer.send([ProducerRecord(CHARGE, b"k", b"not JSON")])

    wait_until(lambda: f"{CHARGE}.payments.dlt" in operator.topics(), "Payments has made the topic of its dead letters")
    wait_until(lambda: [*operator.read([f"{CHARGE}.payments.dlt"])], "the dead letter is on it")
    with pytest.raises(AccessDenied, match=r"user payments: .*kafka acls"):
        connect("payments").create({f"{CHARGE}.stock.dlt": 1})


def test_the_rules_on_the_cluster_are_those_of_the_registry(connect: Callable[..., KafkaBroker]) -> None:
    operator = connect()

    present = {rule for name in STORE.by_name for rule in operator.rules(name)}

    wanted = {rule._replace(operations=(each,)) for rule in access_rules(STORE) for each in rule.operations}
    assert present == wanted and len(wanted) > 100


def test_a_rule_that_the_registry_no_longer_needs_is_taken_away(connect: Callable[..., KafkaBroker]) -> None:
    operator, rule = connect(), AccessRule("guest", TOPIC, RESERVED, (READ,))
    operator.set_rules([rule, AccessRule("guest", TOPIC, APPROVED, (READ,))])

    operator.set_rules([rule])

    assert operator.rules("guest") == {rule}
    operator.set_rules([AccessRule("guest", TOPIC, "none", (READ,))])


@pytest.mark.parametrize(
    ("permission", "pattern", "host"),
    [(DENY, LITERAL, "*"), (ALLOW, PREFIXED, "*"), (ALLOW, LITERAL, "192.0.2.1"), (DENY, PREFIXED, "192.0.2.1")],
)
def test_what_denies_or_is_for_a_prefix_or_a_host_is_no_rule_and_is_taken_away(
    permission: ACLPermissionType, pattern: ACLResourcePatternType, host: str, connect: Callable[..., KafkaBroker]
) -> None:
    operator, rule = connect(), AccessRule("visitor", TOPIC, RESERVED, (READ,))
    resource = ResourcePattern(ResourceType.TOPIC, RESERVED, pattern)
    with closing(operator.connection.new_client(KafkaAdminClient, {})) as admin:
        admin.create_acls([ACL("User:visitor", host, ACLOperation.READ, permission, resource)])

        operator.set_rules([rule])

        everything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        every = ACLFilter("User:visitor", None, ACLOperation.ANY, ACLPermissionType.ANY, everything)
        literal = ResourcePattern(ResourceType.TOPIC, RESERVED, LITERAL)
        assert admin.describe_acls(every)[0] == [ACL("User:visitor", "*", ACLOperation.READ, ALLOW, literal)]
    assert operator.rules("visitor") == {rule}


def test_the_users_of_a_run_are_deleted_with_all_their_rules_and_no_others(
    connect: Callable[..., KafkaBroker], store: Supervisor
) -> None:
    operator, user = connect(), "gone--stock"
    operator.set_passwords({user: security.make_password(store.settings.home, user)})
    operator.set_rules([AccessRule(user, TOPIC, RESERVED, (READ,))])
    assert RESERVED in connect(user).topics()

    with closing(KafkaBroker(store.settings.bootstrap_servers, "gone--", security=login_of(store))) as run:
        run.delete_users()

    with pytest.raises(LoginRefused, match=f"refuses the user {user}"):
        connect(user).topics()
    assert operator.rules(user) == set() and operator.rules("stock")
    assert RESERVED in connect("stock").topics()
    with pytest.raises(ValueError, match="without a prefix"):
        operator.delete_users()


@pytest.mark.parametrize("producer", [BatchProducer, ConfluentProducer])
@pytest.mark.parametrize(
    ("user", "topic"), [("payments", APPROVED), ("stock", "payment.order-payment-processed"), ("notifications", CHARGE)]
)
def test_a_service_cannot_write_what_another_sends(
    producer: Any, user: str, topic: str, connect: Callable[..., KafkaBroker]
) -> None:
    before = connect().ends([topic])

    forger = producer(connect(user).connection, lambda topic: 1)
    with closing(forger), pytest.raises(AccessDenied, match=f"user {user}"):
        forger.send([ProducerRecord(topic, b"k", b"{}")])

    assert connect().ends([topic]) == before


@pytest.mark.parametrize("consumer", [BackgroundConsumer, ConfluentConsumer])
@pytest.mark.parametrize(
    ("group", "topic"), [("payments", RESERVED), ("stock", CHARGE)], ids=["another's topic", "another's group"]
)
def test_a_service_cannot_read_what_is_not_its_own(
    consumer: Any, group: str, topic: str, connect: Callable[..., KafkaBroker]
) -> None:
    replica = None if group == "payments" else "stock-9"
    reader = consumer(connect("payments").connection, group, {topic: 1}, replica)
    with closing(reader), pytest.raises(AccessDenied, match="user payments: .*uthoriz"):
        for _ in range(3):
            assert reader.poll(1, 5.0) == []


RULE = AccessRule("guest", TOPIC, RESERVED, (READ,))


@pytest.mark.parametrize(
    "attempt",
    [
        lambda guest: [*guest.read([RESERVED])], lambda guest: guest.partitions([RESERVED]),
        lambda guest: guest.create({"guest": 1}), lambda guest: guest.set_rules([RULE]),
        lambda guest: guest.rules("payments"), lambda guest: guest.set_passwords({"operator": "mine"}),
        lambda guest: delete_topic(guest, RESERVED),
    ],
    ids=["read", "describe", "create", "allow", "see rules", "set a password", "delete"],
)  # fmt: skip
def test_a_user_without_rules_is_denied_everything(
    attempt: Callable[[KafkaBroker], object], connect: Callable[..., KafkaBroker], store: Supervisor
) -> None:
    connect().set_passwords({"guest": security.make_password(store.settings.home, "guest")})
    guest = connect("guest")
    assert guest.topics() == {}

    with pytest.raises(AccessDenied, match="user guest"):
        attempt(guest)

    assert connect().topics().keys() >= set(TOPICS)


def delete_topic(broker: KafkaBroker, topic: str) -> None:
    with closing(broker.connection.new_client(KafkaAdminClient, {})) as admin, broker.connection.translate_errors():
        admin.delete_topics([topic])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"password_file": "/dev/null"}, "CHECKOUT_KAFKA_PASSWORD_FILE is '/dev/null', which is empty"),
        ({"password_file": "ca_file"}, "refuses the user operator .*invalid credentials.*CHECKOUT_KAFKA_USER"),
        ({"user": "mallory", "password_file": "ca_file"}, "refuses the user mallory .*invalid credentials"),
        ({"mechanism": "PLAIN"}, "offers SCRAM-SHA-512: set CHECKOUT_KAFKA_SASL_MECHANISM"),
        ({"ca_file": ""}, "certificate of Kafka at .* is refused .*CHECKOUT_KAFKA_CA_FILE"),
        ({"servers": "127.1"}, "certificate of Kafka at 127.1:.* is refused .*not valid for '127.1'"),
        ({"protocol": "PLAINTEXT"}, "wants SASL_SSL, not .*: set CHECKOUT_KAFKA_SECURITY_PROTOCOL"),
        ({"protocol": "SASL_PLAINTEXT"}, "wants SASL_SSL, not .*: set CHECKOUT_KAFKA_SECURITY_PROTOCOL"),
        ({"protocol": "SSL"}, "wants SASL_SSL, not .*: set CHECKOUT_KAFKA_SECURITY_PROTOCOL"),
    ],
)  # fmt: skip
def test_a_client_that_cannot_log_in_is_told_why(
    changes: dict[str, str], message: str, store: Supervisor, connect: Callable[..., KafkaBroker]
) -> None:
    if changes.get("password_file") == "ca_file":
        changes = changes | {"password_file": login_of(store).ca_file}
    if "servers" in changes:
        changes = {"servers": store.settings.bootstrap_servers.replace("127.0.0.1", "127.1")}

    with pytest.raises(Exception, match=message) as refused:
        connect(**changes).topics()

    assert getattr(refused.value, "exit_code", None) in (2, 3)
