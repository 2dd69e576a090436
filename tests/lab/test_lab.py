"""Lab: three stories hop by hop, the same on both logs; verbs, break points and error messages."""

from collections.abc import Callable
from pathlib import Path

import pytest

from checkout.lab import Lab, LabError
from checkout.registry import arrows

OpenLab = Callable[..., Lab]
STORIES = [("wooden spoon", "ordering", "APPROVED"), ("garden gnome", "ordering-sold-out", "REJECTED"),
           ("oak table", "ordering-payment-denied", "REJECTED")]


def drawn(view: str) -> list[tuple[int, str, str, str]]:
    return sorted((arrow.step, arrow.sender, arrow.to, arrow.message) for arrow in arrows(view))


def happened(lab: Lab) -> list[tuple[int | None, str, str, str]]:
    return [(m.hop.step, m.hop.sender, m.hop.to, m.hop.message) for m in lab.moments]


@pytest.mark.parametrize(("product", "view", "status"), STORIES)
def test_a_story_takes_its_arrows_one_at_a_time_in_the_order_of_the_diagram(
    open_lab: OpenLab, product: str, view: str, status: str
) -> None:
    lab = open_lab()
    lab.place_order(product, quantity=2)

    counts = []
    while step := lab.step():
        counts.append(len(step))

    assert set(counts) == {1}
    assert happened(lab) == sorted(happened(lab), key=lambda hop: hop[0] or 0)
    assert sorted(happened(lab)) == drawn(view)
    assert lab.orders["status"].tolist() == [status]
    assert lab.view == view


def test_placing_an_order_moves_nothing(lab: Lab) -> None:
    order = lab.place_order("wooden spoon", quantity=2, customer="Ada")

    assert lab.moments == []
    assert repr(order) == "order-1: 2 x Wooden spoon for Ada, waiting at the web app"
    assert lab.explain() == "Next: the web app sends order-1 to the gateway (step 1)."


@pytest.mark.kafka
def test_both_logs_give_the_same_journal_to_the_byte(
    memory_lab: OpenLab, kafka_lab: OpenLab, tmp_path: Path
) -> None:
    for name, open_one in (("memory", memory_lab), ("kafka", kafka_lab)):
        lab = open_one(partitions=3)
        for product in ("wooden spoon", "garden gnome", "oak table", "enamel mug"):
            lab.place_order(product, quantity=2)
        lab.break_at("stock", "commit")
        lab.run()
        lab.crash("stock")
        lab.restart("stock")
        lab.clear_break("stock", "commit")
        lab.run()
        lab.journal.save(tmp_path / name)

    assert len(lab.moments) > 60
    assert (tmp_path / "memory").read_bytes() == (tmp_path / "kafka").read_bytes()


def test_the_work_in_progress_shows_tables_before_and_after_handle(lab: Lab) -> None:
    lab.place_order("wooden spoon", quantity=2)
    for _ in range(3):
        lab.step()
    lab.step(verb=True)  # orders commits

    polled = lab.step(verb=True) or lab.status().work_in_progress
    handled = lab.step(verb=True) and lab.status().work_in_progress

    assert polled.record["place"] == "order.new-order-received[0]@0"
    assert [polled.done, polled.allowed, polled.after] == [["poll"], ["handle"], []]
    assert [handled.done, handled.allowed] == [["poll", "handle"], ["publish", "commit"]]
    assert [row["reserved"] for row in handled.before if row.get("sku") == 1] == [0]
    assert [row["reserved"] for row in handled.after if row.get("sku") == 1] == [2]
    assert [going["to"] for going in handled.outgoing] == ["stock.order-products-reserved"]


def test_a_step_by_verb_notes_replica_and_verb(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.step()

    assert [repr(lab.step(verb=True)), lab.step(verb=True).note] == ["orders-1: poll", "orders-1: handle"]


def test_publish_and_commit_come_in_either_order(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.break_at("stock", "publish")
    lab.run()

    lab.step(verb="commit")

    group = lab.groups.query("group == 'stock' and topic == 'order.new-order-received'")
    assert group["committed"].tolist() == [1]
    assert lab.topics.set_index("topic")["records"]["stock.order-products-reserved"] == 0
    assert [moment.hop.step for moment in lab.step()] == [5]


def test_a_run_stops_before_a_verb_and_goes_on_from_there(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.break_at("payments", "publish")

    stopped, reported = lab.run().note, lab.status().stopped_at
    resumed = lab.run()

    assert stopped == reported == "break point: payments-1, before publish"
    assert [moment.hop.step for moment in resumed][:1] == [9]
    assert resumed.note == "break point: payments-1, before publish"  # its next hop, with the broker's answer
    assert lab.run().note == "Nothing moves: every order is approved or rejected."


def test_a_step_shows_itself_as_a_line(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    for _ in range(3):
        lab.step()

    assert repr(lab.step()) == "4  kafka → stock  OrderReceived  order-1  order.new-order-received[0]@0"


def test_the_lag_of_a_group_falls_as_it_reads(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.place_order("wooden spoon")
    lab.run()

    lags = [m.lag for m in lab.moments if (m.hop.to, m.hop.message) == ("stock", "OrderReceived")]

    assert lags == [2, 1]


def test_an_external_producer_without_a_key_writes_to_every_partition_in_turn(open_lab: OpenLab) -> None:
    lab = open_lab(partitions=2)

    for key in (None, None, "k", "k"):
        lab.send("order.new-order-received", "no JSON", key)

    places = lab.messages["partition"].tolist()
    assert places[0] != places[1] and places[2] == places[3]


def test_an_order_whose_message_is_lost_is_named_as_unfinished(memory_lab: OpenLab) -> None:
    lab = memory_lab(outbox=False)
    lab.place_order("wooden spoon")
    lab.break_at("stock", "publish")
    lab.run()
    lab.step(verb="commit")
    lab.crash("stock")

    lab.restart("stock")

    assert lab.explain() == "Nothing moves, but order-1 is RECEIVED: no topic and no outbox holds a message for it."


def test_reset_restores_the_initial_state_each_time(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.place_order("wooden spoon")
    lab.run()

    lab.reset()
    lab.reset()

    assert [len(lab.moments), lab.topics["records"].sum(), len(lab.orders), len(lab.mailbox)] == [0, 0, 0, 0]
    assert lab.place_order("enamel mug").name == "order-1"
    assert len(lab.run()) == 17


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda lab: lab.place_order("wooden spon"), "there is no product 'wooden spon': there are wooden spoon, "),
        (lambda lab: lab.place_order("wooden spoon", quantity=0), "products[0].quantity must be at least 1"),
        (lambda lab: lab.place_order("wooden spoon", pay="cash"), "payment.paymentMethod cannot be 'CASH'"),
        (lambda lab: lab.place_order("wooden spoon", email="Ada"), "customerEmail is not an e-mail address"),
        (lambda lab: lab.step(verb="fly") if lab.place_order("enamel mug") and lab.step() else 0, "not fly"),
        (lambda lab: lab.send("no.such-topic", "{}"), "there is no topic 'no.such-topic': lab.topics names them"),
        (lambda lab: lab.crash("stick"), "there is no service 'stick': there are orders, stock, payments, "),
        (lambda lab: lab.crash("stock") and lab.crash("stock"), "stock has crashed already: lab.restart('stock')"),
        (lambda lab: lab.restart("stock"), "stock runs: there is nothing to restart"),
        (lambda lab: lab.break_at("stock", "jump"), "there is no verb 'jump': there are poll, handle, publish, commit"),
        (lambda lab: lab.scale("stock", 0), "stock can have 1 to 8 replicas, not 0"),
        (lambda lab: lab.rewind("stock", "no.such-topic"), "no running replica of stock reads no.such-topic[0]"),
        (lambda lab: lab.rewind("stock", "order.new-order-received", 7), "order.new-order-received[0] has no offset 7"),
        (lambda lab: lab.journey("order-9"), "there is no order-9: orders are order-1, order-2 ..."),
        (lambda lab: lab.letter("order-9"), "there is no order-9"),
        (lambda lab: lab.table("stock", "shelves"), "stock has no table shelves: it has products, reservations"),
        (lambda lab: lab.kill_broker(1), "there is no running broker 1"),
        (lambda lab: Lab(log="paper"), 'a lab runs on log="kafka" or log="memory"'),
        (lambda lab: Lab.replay("no-such-run.jsonl"), "there is no file no-such-run.jsonl"),
    ],
)
def test_what_cannot_be_done_is_an_error_of_one_line(lab: Lab, call: Callable[[Lab], object], message: str) -> None:
    with pytest.raises(LabError) as problem:
        call(lab)

    assert message in str(problem.value)
    assert "\n" not in str(problem.value)


def test_an_error_shows_itself_in_a_cell_as_one_sentence() -> None:
    assert LabError("there is no stick")._render_traceback_() == ["LabError: there is no stick"]


def test_an_unknown_sku_is_accepted_and_rejected_by_stock(lab: Lab) -> None:
    lab.place_order(999)
    lab.run()

    assert lab.orders[["status", "reason"]].values.tolist() == [["REJECTED", "there is no product 999"]]


def test_a_denied_payment_and_a_sold_out_product_on_request(lab: Lab) -> None:
    lab.deny_next_payment("the card has expired")
    lab.sell_out("enamel mug")
    for product in ("wooden spoon", "enamel mug", "wooden spoon"):
        lab.place_order(product)

    lab.run()

    assert lab.orders["reason"].tolist() == ["the card has expired", "Enamel mug is sold out", ""]
    assert "the card has expired" in lab.letter("order-1")


def test_two_labs_in_one_process_see_nothing_of_each_other(open_lab: OpenLab) -> None:
    one, two = open_lab(), open_lab()
    one.place_order("wooden spoon")
    one.run()

    assert len(one.messages) == 5
    assert [len(two.messages), two.groups["lag"].sum(), len(two.moments)] == [0, 0, 0]
    two.place_order("garden gnome")
    assert len(two.run()) == 8
