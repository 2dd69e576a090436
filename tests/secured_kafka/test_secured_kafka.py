"""Secured Kafka: the three stories run on it, each service as its own user, and commands and labs find their login."""

import json
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from command_line import checkout
from secured_kafka.secured_store import login_of, restart
from stories.shopper import Shopper

from checkout.lab import Lab
from checkout.lab.errors import LabError
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.kafka_access import access_rules
from checkout.processes.supervisor import Supervisor
from checkout.registry import STORE, arrows
from checkout.settings import as_environment, read_settings

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
APPROVED, RESERVED, CHARGE = "order.new-order-approved", "stock.order-products-reserved", "order.process-order-payment"
WaitUntil = Callable[..., None]


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
    files += [path for path in home.glob("kafka/broker-1/**/*") if path.is_file()]  # also what the broker writes
    assert [file for file in files if stat.S_IMODE(file.stat().st_mode) != 0o600] == [] and len(files) > 50
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
    assert not [path for path in home.iterdir() if path.suffix == ".properties"]  # the tool got it through a pipe
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
