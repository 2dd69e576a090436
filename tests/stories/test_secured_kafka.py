"""Secured Kafka: the three stories run on it, each service as its own user, and what is not allowed is refused."""

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from command_line import checkout
from kafka import KafkaAdminClient
from stories.shopper import Shopper, open_shopper

from checkout.lab import Lab
from checkout.lab.errors import LabError
from checkout.local_kafka import security
from checkout.messages import TOPICS
from checkout.messaging.confluent_consumer import ConfluentConsumer
from checkout.messaging.confluent_producer import ConfluentProducer
from checkout.messaging.kafka_client import AccessDenied
from checkout.messaging.kafka_consumer import BackgroundConsumer
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.kafka_producer import BatchProducer
from checkout.messaging.log import ProducerRecord
from checkout.messaging.security.access_rules import READ, TOPIC, AccessRule
from checkout.processes.kafka_access import access_rules
from checkout.processes.supervisor import Supervisor
from checkout.registry import STORE, arrows
from checkout.settings import KafkaSecurity, as_environment, read_settings

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
APPROVED, RESERVED, CHARGE = "order.new-order-approved", "stock.order-products-reserved", "order.process-order-payment"
WaitUntil = Callable[..., None]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, new_port_base: Callable[[], int]) -> Iterator[Supervisor]:
    """A store on a secured Kafka of its own; Payments uses confluent-kafka, the others kafka-python."""
    settings = read_settings({}, home=tmp_path_factory.mktemp("secured"), port_base=new_port_base(), secured=True)
    store = Supervisor(settings, {}, lambda what, share: None)
    store.start()
    try:
        restart(store, "payments-1", kafka_client="confluent")
        yield store
    finally:
        store.stop()


def restart(store: Supervisor, replica: str, **settings: str) -> None:
    store.processes[replica].pid.stop(10)
    store.launch(replica, **settings)
    store.wait_until_ready([replica])


@pytest.fixture
def shopper(store: Supervisor, wait_until: WaitUntil, request: pytest.FixtureRequest) -> Iterator[Shopper]:
    yield from open_shopper(store, wait_until, request)


def login_of(store: Supervisor, user: str = security.OPERATOR, **changes: str) -> KafkaSecurity:
    return msgspec.structs.replace(security.client_security(store.settings.home, user), **changes)


@pytest.fixture
def connect(store: Supervisor) -> Iterator[Callable[..., KafkaBroker]]:
    """Makes clients of the store's Kafka: `connect(user, **changes)`; all are closed at the end."""
    opened: list[KafkaBroker] = []

    def make(user: str = security.OPERATOR, **changes: str) -> KafkaBroker:
        servers = changes.pop("servers", store.settings.bootstrap_servers)
        fast = {"bootstrap_timeout_ms": 1_000} if "protocol" in changes else {}  # what cannot connect tries so long
        opened.append(KafkaBroker(servers, "", fast, security=login_of(store, user, **changes)))
        return opened[-1]

    yield make
    for broker in opened:
        broker.close()


@pytest.mark.parametrize(
    ("view", "line", "status"),
    [("ordering", (1, 2), "APPROVED"), ("ordering-sold-out", (3, 1), "REJECTED"),
     ("ordering-payment-denied", (4, 2), "REJECTED")],
)  # fmt: skip
def test_a_story_runs_as_drawn(view: str, line: tuple[int, int], status: str, shopper: Shopper) -> None:
    id = shopper.order(line)

    [order] = shopper.wait_for_end(id)
    assert order["status"] == status
    shopper.save_journal(id, view, "secured Kafka")
    assert shopper.arrows(id) == sorted(arrow[:3] for arrow in arrows(view))


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


@pytest.mark.parametrize(("user", "is_good"), [("payments", True), ("mallory", False)])
def test_the_doctor_says_whether_the_login_works(user: str, is_good: bool, store: Supervisor) -> None:
    login = msgspec.structs.replace(login_of(store, "payments"), user=user)
    settings = read_settings({}, bootstrap_servers=store.settings.bootstrap_servers).with_security(login)

    ended = checkout(store.settings.home, "doctor", "--json", **as_environment(settings))

    [kafka] = [result for result in json.loads(ended.stdout) if result["what"] == "Kafka"]
    assert kafka["is_good"] is is_good
    assert kafka["found"].endswith("as payments, SASL_SSL") or "refuses the user mallory" in kafka["found"]


def test_a_service_with_a_wrong_password_ends_with_the_reason(store: Supervisor, wait_until: WaitUntil) -> None:
    wrong = store.settings.home / "wrong.password"
    wrong.write_text("guess")

    store.processes["shipments-1"].pid.stop(10)
    store.launch("shipments-1", kafka_password_file=str(wrong))

    wait_until(lambda: dict(store.crashed()), "Shipments has ended")
    assert dict(store.crashed()) == {"shipments-1": 1}
    assert "refuses the user shipments" in (said := store.last_lines("shipments-1")) and "Traceback" not in said
    restart(store, "shipments-1")


def test_each_process_knows_only_its_own_password_and_only_its_user_reads_the_files(store: Supervisor) -> None:
    home = store.settings.home
    given = {}
    for process in store.processes.values():
        content = Path(f"/proc/{process.pid.number}/environ").read_bytes().decode().split("\0")
        variables = dict(variable.split("=", 1) for variable in content if "=" in variable)
        given[process.name] = variables["CHECKOUT_KAFKA_USER"], variables["CHECKOUT_KAFKA_PASSWORD_FILE"]

    files = [*home.glob("kafka/security/*"), *home.glob("kafka/*.properties"), home / "store.json"]
    assert {name: user for name, (user, _) in given.items() if user} == {name: name for name in STORE.by_name}
    assert all(given[name] == ("", "") for name in ("web", "gateway", "payment_broker", "mailbox"))
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files) and len(files) > 8
    secrets = {file.read_text() for file in home.glob("kafka/security/*password")}
    assert not [path for path in home.glob("logs/*") if any(secret in path.read_text() for secret in secrets)]


def test_the_checker_finds_nothing_wrong_on_the_secured_kafka(store: Supervisor, shopper: Shopper) -> None:
    shopper.wait_for_end(shopper.order((1, 1)), shopper.order((3, 1)), shopper.order((4, 2)))

    ended = checkout(store.settings.home, "check", "--json")

    report = json.loads(ended.stdout)
    assert (ended.returncode, report["violations"]) == (0, 0), ended.stdout
    checked = {result["invariant"]: result["counts"] for result in report["results"] if not result["not_checked"]}
    assert len(checked) >= 18 and checked["I23"]


def test_commands_find_the_login_of_the_operator_with_the_store(store: Supervisor, shopper: Shopper) -> None:
    id, home = shopper.order((1, 1)), store.settings.home
    shopper.wait_for_end(id)

    sent = json.loads(checkout(home, "messages", "--order", id, "--json").stdout)
    diagnosis = checkout(home, "doctor", id)
    listed = checkout(home, "kafka", "tool", "acls", "--list", "--principal", "User:payments")
    status = checkout(home, "kafka", "status")

    assert {record["topic"] for record in sent} >= {APPROVED, RESERVED, CHARGE}
    assert (diagnosis.returncode, diagnosis.stderr) == (0, "")
    assert f"name={RESERVED}" not in listed.stdout and f"name={CHARGE}" in listed.stdout
    assert "1 broker(s) with TLS and users" in status.stdout


def test_the_commands_that_checkout_prints_are_those_of_kafkas_own_tool(
    store: Supervisor, connect: Callable[..., KafkaBroker]
) -> None:
    home, operator = store.settings.home, connect()
    printed = checkout(home, "kafka", "acls", CHECKOUT_PREFIX="cluster--").stdout.splitlines()
    head = 'kafka-acls.sh --bootstrap-server "$BOOTSTRAP_SERVERS" --command-config "$COMMAND_CONFIG" '
    ours = [line.removeprefix(head) for line in printed if line.startswith(head) and "User:cluster--shipments" in line]

    assert len(ours) == 4  # read, write, dead letters, group; a test in tests/processes compares all of them
    for command in ours[2:]:
        ended = checkout(home, "kafka", "tool", "acls", *command.split())
        assert (ended.returncode, ended.stderr) == (0, "")

    wanted = [rule for rule in access_rules(STORE, "cluster--") if rule.user == "cluster--shipments"][-2:]
    assert operator.rules("cluster--shipments") == {
        rule._replace(operations=(each,)) for rule in wanted for each in rule.operations
    }


def test_a_lab_runs_on_the_secured_kafka(store: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings({}).with_security(login_of(store))
    for name, value in as_environment(settings).items():
        if name.startswith("CHECKOUT_KAFKA_"):
            monkeypatch.setenv(name, value)

    with closing(Lab(bootstrap_servers=store.settings.bootstrap_servers)) as lab:
        lab.place_order("wooden spoon")
        lab.run()

        assert list(lab.orders["status"]) == ["APPROVED"]
    monkeypatch.setenv("CHECKOUT_KAFKA_USER", "mallory")
    with pytest.raises(LabError, match="refuses the user mallory"):
        Lab(bootstrap_servers=store.settings.bootstrap_servers)
