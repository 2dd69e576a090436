"""Up: `checkout up` in a terminal: what it prints, what the other commands see, how it stops."""

import csv
import io
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cli.running_shop import RunningShop, processes_of
from command_line import checkout, on_a_terminal

from checkout.messages import PLACE_ORDER

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

HOP = {  # docs/contract.md, "The journal"
    "id", "cause_id", "order", "step", "from", "to", "message", "technology", "topic", "partition", "offset", "key",
    "group", "replica", "cause", "correlation", "at", "outcome", "url", "status", "client", "observed", "payload",
}
STEPS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 13, 13, 14, 14]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the store of these tests lives."""
    return tmp_path_factory.mktemp("up") / "home"


@pytest.fixture(scope="module")
def shop(home: Path, new_port_base: Callable[[], int], wait_until: Callable[..., None]) -> Iterator[RunningShop]:
    """The store that these tests share; a test may end it."""
    store = RunningShop(home, new_port_base(), wait_until)
    yield store
    store.close()
    assert processes_of(home) == []


@pytest.fixture
def up(shop: RunningShop) -> RunningShop:
    """That store, open."""
    shop.open()
    return shop


@pytest.fixture(scope="module")
def approved(shop: RunningShop) -> str:
    """An order that has gone its whole way."""
    shop.open()
    id = shop.order()
    shop.wait_until(lambda: len(applied(shop, id)) == 17, f"order {id} has ended")
    return id


def applied(up: RunningShop, id: str) -> list[dict[str, Any]]:
    return [hop for hop in up.json("journey", id) if hop["outcome"] == "applied"]


def test_up_prints_where_the_shop_is_and_the_shop_shows_its_products(up: RunningShop) -> None:
    page = httpx.get(up.web)

    assert f"The shop is open at {up.web}. Press Ctrl-C to stop the store." in up.printed
    assert "Wooden spoon" in page.text and "sold out" in page.text


def test_a_journey_lists_seventeen_hops_in_the_contracts_shape(up: RunningShop, approved: str) -> None:
    hops = up.json("journey", approved)

    assert sorted(hop["step"] for hop in hops) == STEPS  # step 14 of one service may come before step 13 of another
    assert {frozenset(hop) for hop in hops} == {frozenset(HOP)}
    assert {hop["order"] for hop in hops} == {approved} and not any(hop["observed"] for hop in hops)
    assert [(hop["client"] or "").split("/")[0] for hop in hops[:2]] == ["python-httpx"] * 2


def test_a_narrow_terminal_loses_nothing_of_a_journey(up: RunningShop, approved: str) -> None:
    lines = on_a_terminal(up.home, "journey", approved)

    assert max(map(len, lines)) <= 80
    assert sum("applied" in line for line in lines) == 17
    assert f"    {up.gateway}{PLACE_ORDER} 201" in lines
    assert any(line.startswith("    stock.order-products-reserved[0]@") for line in lines)


def test_orders_lists_all_of_them_or_shows_one(up: RunningShop, approved: str) -> None:
    listed, one = up.json("orders"), up.json("orders", approved)

    assert one in listed
    assert (one["status"], one["total"], one["products"][0]["name"]) == ("APPROVED", 5.00, "Wooden spoon")
    assert approved in (as_table := up.run("orders")) and "1 x Wooden spoon" in as_table


def test_messages_are_listed_by_order_and_by_topic_in_three_forms(up: RunningShop, approved: str) -> None:
    topic = "payment.order-payment-processed"

    of_order = up.json("messages", "--order", approved)
    of_topic = up.json("messages", "--topic", topic)
    as_csv = list(csv.DictReader(io.StringIO(up.run("messages", "--order", approved, "--topic", topic, "--csv"))))
    as_table = up.run("messages", "--order", approved)

    assert [message["message"] for message in of_order] == [
        "OrderReceived", "ProductsReserved", "ProcessPayment", "PaymentProcessed", "OrderApproved",
    ]
    assert {message["topic"] for message in of_topic} == {topic}
    assert [(line["key"], line["payload"]) for line in as_csv] == [(approved, f'{{"id":"{approved}"}}')]
    assert all(f"{message['topic']}[0]@{message['offset']} " in as_table for message in of_order)


def test_an_order_from_the_command_line_is_followed_to_its_end(up: RunningShop) -> None:
    printed = up.run("order", "--product", "1", "--quantity", "2", "--product", "2", "--customer", "Bob", "--follow")

    assert printed.count("applied") == 17
    assert all(words in printed for words in ("APPROVED", "2 x Wooden spoon, 1 x Enamel mug", "18.50"))


def test_the_operators_token_is_for_nobody_else(up: RunningShop, approved: str) -> None:
    token, file = up.store["operator_token"], up.home / "store.json"

    mine = httpx.get(up.gateway + PLACE_ORDER, headers={"authorization": f"Bearer {token}"})
    theirs = httpx.get(up.gateway + PLACE_ORDER)

    assert file.stat().st_mode & 0o777 == 0o600
    assert mine.status_code == 200 and approved in mine.text
    assert theirs.status_code == 401 and approved not in theirs.text


def test_a_second_store_in_the_same_home_is_refused(up: RunningShop, port_base: int) -> None:
    second = checkout(up.home, "up", "--port-base", str(port_base))

    assert second.returncode == 1
    problem = f"a store is already running below {up.home}: stop it, or set CHECKOUT_HOME"
    assert second.stderr.strip() == f"checkout: {problem}"
    assert httpx.get(up.web).status_code == 200


def test_a_service_that_is_killed_is_named_and_enter_starts_it_again(up: RunningShop) -> None:
    before = up.pids()

    os.kill(before["shipments-1"], signal.SIGKILL)

    up.wait_for("Press Enter to start it again")
    assert "shipments-1 ended by signal 9." in up.printed
    assert "its log is empty" in up.printed
    id = up.order()
    up.wait_for_approval(id)
    up.press_enter()
    up.wait_for("Running again: shipments-1.")
    up.wait_until(lambda: len(applied(up, id)) == 17, f"order {id} has its parcel")
    assert {name for name, pid in up.pids().items() if pid != before[name]} == {"shipments-1"}


def test_a_store_that_has_lost_its_kafka_says_so_and_goes_on_when_it_is_back(up: RunningShop) -> None:
    [kafka] = up.json("kafka", "status")["processes"]

    os.kill(kafka, signal.SIGKILL)

    up.wait_for("Kafka has stopped.")
    assert checkout(up.home, "kafka", "status").returncode == 1
    meanwhile = [up.order() for _ in range(3)]
    assert up.store["bootstrap_servers"] in up.run("kafka", "start")
    up.wait_for("Kafka runs again")
    for id in (*meanwhile, up.order()):
        up.wait_for_approval(id)


def test_sigterm_closes_the_store_and_leaves_a_kafka_that_was_started_by_hand(up: RunningShop) -> None:
    up.run("kafka", "start")

    exit_code = up.end(signal.SIGTERM)

    [kafka] = processes_of(up.home)
    assert exit_code == 0
    assert "kafka.Kafka" in kafka and not (up.home / "store.json").exists()
    assert "topics stay on disk" in up.run("kafka", "stop")
    assert processes_of(up.home) == []


def test_when_up_is_killed_its_processes_end_and_the_next_one_finds_the_data(up: RunningShop, approved: str) -> None:
    up.end(signal.SIGKILL)

    up.wait_until(lambda: all("kafka.Kafka" in left for left in processes_of(up.home)), "the services have ended")
    up.open()
    assert up.status(approved) == "APPROVED"
    assert len(applied(up, approved)) == 17
    up.wait_for_approval(up.order())


def test_an_order_answered_with_201_survives_the_death_of_everything(up: RunningShop) -> None:
    everything = [*up.pids().values(), *up.json("kafka", "status")["processes"], up.process.pid]
    id = up.order()

    for pid in everything:
        os.kill(pid, signal.SIGKILL)

    up.process.wait()
    up.wait_until(lambda: not processes_of(up.home), "everything is dead")
    up.open()
    up.wait_until(lambda: len(applied(up, id)) == 17, f"order {id} has ended")


def test_ctrl_c_pressed_thrice_ends_everything_with_0(up: RunningShop) -> None:
    for _ in range(2):
        up.process.send_signal(signal.SIGINT)

    assert up.end(signal.SIGINT) == 0
    assert processes_of(up.home) == [] and not (up.home / "store.json").exists()


@pytest.mark.parametrize(("above", "name"), [(1, "gateway"), (25, "smtp"), (11_092, "")])
def test_a_port_that_is_taken_is_named_with_who_has_it(tmp_path: Path, port_base: int, above: int, name: str) -> None:
    port = port_base + above

    with socket.create_server(("127.0.0.1", port)):
        ended = checkout(tmp_path, "up", "--port-base", str(port_base))

    what = f"port {port} of {name}" if name else f"port {port}"
    assert ended.returncode == (1 if name else 3)
    assert ended.stderr.strip().endswith(
        f"checkout: {what} is taken by process {os.getpid()} (python): end it, or choose others with --port-base"
    )
    assert processes_of(tmp_path) == [] and not (tmp_path / "store.json").exists()
