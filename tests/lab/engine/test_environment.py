"""Environment: replicas share partitions, services are replaced and added, groups are rewound."""

from collections.abc import Callable
from typing import Any

import pytest

from checkout.lab import BatchPayments, Lab, LabError, Loyalty
from checkout.services.orders import Orders
from checkout.services.payments import Payments

OpenLab = Callable[..., Lab]


def shares(lab: Lab, service: str) -> dict[str, int]:
    owners = lab.groups.query("group == @service")["owner"]
    return {str(name): int(count) for name, count in owners.value_counts().sort_index().items()}


def test_two_replicas_share_the_partitions_and_one_owns_them_all_again(open_lab: OpenLab) -> None:
    lab = open_lab(partitions=3)

    lab.scale("stock", 2)
    shared = shares(lab, "stock")
    for _ in range(4):
        lab.place_order("wooden spoon")
    lab.run()
    lab.scale("stock", 1)

    assert sorted(shared.values()) == [6, 6]
    assert lab.orders["status"].tolist() == ["APPROVED"] * 4
    assert {moment.hop.replica for moment in lab.moments if moment.hop.to == "stock"} >= {"stock-1", "stock-2"}
    assert shares(lab, "stock") == {"stock-1": 12}


def test_the_partitions_of_a_crashed_replica_wait_until_its_session_times_out(open_lab: OpenLab) -> None:
    lab = open_lab(partitions=3)
    lab.scale("stock", 2)
    lab.crash("stock-2")
    for _ in range(6):
        lab.place_order("wooden spoon")

    lab.run()
    before = int(lab.groups["lag"].sum())
    lab.wait(seconds=10)
    lab.run()

    assert before > 0
    assert lab.groups["lag"].sum() == 0
    assert shares(lab, "stock") == {"stock-1": 12}
    assert lab.orders["status"].tolist() == ["APPROVED"] * 6


def test_another_replica_publishes_the_outbox_of_a_crashed_one(open_lab: OpenLab) -> None:
    lab = open_lab(partitions=3)
    lab.scale("stock", 2)
    lab.place_order("wooden spoon")
    lab.break_at("stock", "publish")
    lab.run()
    lab.clear_break("stock", "publish")
    crashed = lab.status().work_in_progress.replica  # type: ignore[union-attr]
    lab.step(verb="commit")
    lab.crash(crashed)

    stuck = lab.run().note
    lab.wait(seconds=16)
    lab.run()

    assert stuck.startswith("Nothing moves: stock-")
    assert lab.orders["status"].tolist() == ["APPROVED"]
    published = next(moment for moment in lab.moments if moment.hop.message == "ProductsReserved")
    assert published.hop.replica not in (crashed, None)


def test_a_group_whose_replicas_have_ended_is_not_waited_for(memory_lab: OpenLab) -> None:
    lab = memory_lab(partitions=2)
    lab.scale("stock", 2)

    lab._environment.remove_replicas("stock")  # as when a program replaces the service

    assert not lab._environment.await_owners()


def test_orders_does_not_depend_on_which_service_does_the_payments(open_lab: OpenLab) -> None:
    ours, theirs = open_lab(), open_lab()
    theirs.replace("payments", BatchPayments(theirs.serve("payment_broker")))
    for lab in (ours, theirs):
        lab.place_order("wooden spoon", quantity=2)
        lab.run()

    theirs.wait(minutes=60)
    theirs.run()

    assert theirs.orders["status"].tolist() == ["APPROVED"]
    assert theirs.journal.of("orders") == ours.journal.of("orders")
    assert len(ours.journal.of("orders")) == 6


def test_an_added_service_reads_from_the_beginning_or_from_now(open_lab: OpenLab) -> None:
    early, late = open_lab(), open_lab()
    for lab in (early, late):
        lab.place_order("wooden spoon", quantity=2)
        lab.run()

    early.listen(Loyalty)
    late.listen(Loyalty, from_now=True)
    for lab in (early, late):
        lab.place_order("enamel mug")
        lab.run()

    assert early.table("loyalty", "counted")["points"].tolist() == [10, 8]
    assert late.table("loyalty", "counted")["points"].tolist() == [8]
    assert early.journal.of("orders") == late.journal.of("orders")


def test_a_rewound_group_gets_its_records_again_and_drops_them_as_duplicates(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.place_order("wooden spoon", quantity=2)
    lab.run()

    lab.rewind("stock", "order.new-order-received", 0)
    again = lab.run()

    assert [(m.hop.step, m.hop.outcome) for m in again] == [(4, "duplicate")]
    assert lab.stock.iloc[0][["on_hand", "reserved"]].tolist() == [98, 0]


def test_a_service_with_work_in_progress_is_not_replaced(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.break_at("payments", "publish")
    lab.run()

    with pytest.raises(LabError, match="payments-1 has work in progress: lab.run"):
        lab.replace("payments", Payments)


class AnotherOrders(Orders):
    """The next version of Orders."""


def test_another_version_of_a_service_continues_with_its_data_and_sends_nothing_again(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.place_order("wooden spoon", quantity=2)
    lab.run()

    lab.replace("orders", AnotherOrders, keep_database=True)
    lab.place_order("wooden spoon")
    moments = lab.run()

    assert lab.orders["status"].tolist() == ["APPROVED", "APPROVED"]
    assert {moment.order for moment in moments} == {"order-2"}
    assert [moment.hop.outcome for moment in moments if moment.hop.outcome != "applied"] == []


def test_a_service_with_other_tables_cannot_keep_the_database(lab: Lab) -> None:
    with pytest.raises(LabError, match="BatchPayments has other tables than payments: it needs a new database"):
        lab.replace("payments", BatchPayments("http://127.0.0.1:9"), keep_database=True)


def test_an_idle_lab_says_when_a_timer_is_due(lab: Lab) -> None:
    lab.replace("payments", BatchPayments("http://127.0.0.1:9"))
    lab.place_order("wooden spoon")

    assert lab.run().note == "Nothing moves: the timer of payments-1 is due in 60 minutes (lab.wait(minutes=60))."


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda lab: lab.replace("stock", Payments), "Payments is named 'payments'"),
        (lambda lab: lab.listen(Payments), "there is a payments already: lab.replace"),
        (lambda lab: lab.leader("order.new-order-received"), "a lab in memory has no brokers"),
        (lambda lab: lab.partitions("order.new-order-received"), "a lab in memory has no brokers"),
    ],
)
def test_what_this_lab_cannot_do_is_an_error(lab: Lab, call: Callable[[Lab], object], message: str) -> None:
    with pytest.raises(LabError, match=message):
        call(lab)


class Counting(Payments):
    """Payments that counts in memory what it has loaded."""

    def __init__(self) -> None:
        self.loads = 0

    def load(self, db: Any, messages: Any) -> Any:
        self.loads += 1
        return super().load(db, messages)


def test_a_given_object_is_the_service_and_a_crash_loses_what_it_has_in_memory(lab: Lab) -> None:
    given = Counting()
    lab.replace("payments", given)
    lab.place_order("wooden spoon")
    lab.run()
    before = given.loads

    lab.crash("payments")
    lab.restart("payments")
    lab.place_order("wooden spoon")
    lab.run()

    assert before > 0
    assert given.loads == before
    (replica,) = lab._environment.of("payments")
    assert replica.service.loads == before  # of the second order only
