"""Windows of a worker: each is reached where its name says, and after a crash in it every effect happens once."""

import asyncio
from typing import Any

import msgspec
import pytest
from processes.crash_points.watched_shop import WatchedShop
from sample import cancel_order, order_id, place_order
from worker.expected_steps import ORDERS, RESULTS, result_of

RECORDS = ("W0", "W1", "W2", "W3", "W4", "W5", "W6", "W7")
CALLS = ("W0", "W1", "W2", "W3", "W5", "W6", "W7")  # W4, P2, S1 and S2 are within a request: test_windows_of_a_call.py
CHARGES = ("W0", "W1", "W2", "W3", "W4", "W6", "W7", "P1-charge", "P3-charge", "P4-charge")  # W5: with a second order
REACHED = {
    "orders": RECORDS, "stock": RECORDS, "payments": CHARGES,
    "shipments": CALLS, "notifications": (*CALLS, "S3"),
}  # fmt: skip


@pytest.mark.parametrize(("service", "window"), [(name, window) for name in REACHED for window in REACHED[name]])
def test_a_crash_in_a_window_leaves_every_effect_exactly_once(
    watched_shop: WatchedShop, service: str, window: str
) -> None:
    watched_shop.shop.place(ORDERS["happy"])
    watched_shop.watch(service, window)

    watched_shop.run_until_killed()
    watched_shop.restart(service)

    (crash,) = map(msgspec.json.decode, watched_shop.path.read_bytes().splitlines())
    assert (crash["replica"], crash["window"], crash["time"]) == (f"{service}-1", window, 1)
    assert result_of(watched_shop.shop, "happy") == RESULTS["happy"]


def test_a_crash_at_the_second_time_lets_the_first_pass(watched_shop: WatchedShop) -> None:
    shop = watched_shop.shop
    watched_shop.watch("stock", "W3:2")

    shop.place(place_order(order_id(1), quantity=1))
    shop.run()
    shop.place(place_order(order_id(2), quantity=1))
    watched_shop.run_until_killed()

    assert len(shop.records("stock.order-products-reserved")) == 1
    assert msgspec.json.decode(watched_shop.path.read_bytes())["time"] == 2


# What is where when the service dies: rows in its database, records on its topic, offsets of its group.
FOUND = {"W1": (0, 0, 0), "W2": (0, 0, 0), "W3": (2, 0, 0), "W4": (2, 1, 0), "W5": (2, 2, 0), "W6": (2, 2, 2)}


@pytest.mark.parametrize("window", FOUND)
def test_a_window_is_where_its_name_says(watched_shop: WatchedShop, window: str) -> None:
    shop = watched_shop.shop
    shop.place(*[place_order(order_id(number), quantity=1) for number in (1, 2)])
    watched_shop.watch("stock", window)

    watched_shop.run_until_killed()

    with shop.databases["stock"].read() as db:
        rows = db.exec_driver_sql("SELECT count(*) FROM outbox").scalar_one()
    sent = len(shop.records("stock.order-products-reserved"))
    lag = shop.broker.lags("stock", ["order.new-order-received"])["order.new-order-received", 0]
    assert (rows, sent, lag.committed) == FOUND[window]


INTAKE = {"G1": (0, 0), "G2": (1, 0), "G3": (1, 1)}  # orders in the database, and on the topic


@pytest.mark.parametrize("window", INTAKE)
def test_a_client_has_no_answer_when_orders_dies_in_its_intake(watched_shop: WatchedShop, window: str) -> None:
    watched_shop.watch("orders", window)
    shop = watched_shop.shop

    async def place() -> Any:
        answer = asyncio.create_task(shop.intake.submit(place_order(), "c-1"))
        await asyncio.sleep(0)
        watched_shop.run_until_killed()
        await asyncio.sleep(0)
        return answer.done() and window != "G2", answer.cancel()

    has_answer, _ = asyncio.run(place())

    with shop.databases["orders"].read() as db:
        stored = db.exec_driver_sql("SELECT count(*) FROM orders").scalar_one()
    assert (stored, len(shop.records("order.new-order-received"))) == INTAKE[window]
    assert not has_answer


def test_answers_are_held_back_until_orders_are_published_and_then_sent(watched_shop: WatchedShop) -> None:
    watched_shop.watch("orders", "G3:9")

    outcomes = watched_shop.shop.place(place_order(order_id(1)), place_order(order_id(2)))
    cancelled = watched_shop.shop.place(cancel_order(order_id(1)))  # type: ignore[arg-type]

    assert [*outcomes, *cancelled] == ["applied"] * 3


def test_a_refund_has_windows_of_its_own(watched_shop: WatchedShop) -> None:
    shop = watched_shop.shop
    shop.simulators.shipment_company.switches.refuse = "there is no such street"
    watched_shop.watch("payments", "P4-refund")
    shop.place(place_order())

    watched_shop.run_until_killed()
    before = len(shop.records("payment.order-payment-refunded"))
    watched_shop.restart("payments")

    assert (before, len(shop.records("payment.order-payment-refunded"))) == (0, 1)
    assert len(shop.simulators.payment_broker.refunds.entries()) == 1


def test_a_last_act_that_fails_leaves_the_process_alive_and_the_point_due(new_point: Any) -> None:
    point = new_point("W4")

    def fail() -> None:
        raise ConnectionError("Kafka is away")

    with pytest.raises(ConnectionError):
        point.reach("W4", fail)
    with pytest.raises(BaseException, match="^$") as killed:
        point.reach("W4")

    assert killed.type.__name__ == "Killed"


def test_other_windows_are_not_counted(new_point: Any) -> None:
    point = new_point("W4:1")

    for window in ("W3", "W5", "P1-charge"):
        point.reach(window)


