"""History pages: the pages add up to the whole run, and no message grows with it."""

import json
from pathlib import Path
from typing import Any

import pytest
from lab.conftest import OpenLab
from lab.widget.many_orders import PROPER, write_journal
from lab.widget.recorded_walk import RecordedWalk

from checkout.lab import Lab
from checkout.lab.history.replay import Replay
from checkout.lab.widget.history_pages import PAGE, ROWS
from checkout.lab.widget.walk import Walk

RECORDED = Path(__file__).parents[3] / "notebooks/runs/ordering.jsonl"  # of the real processes, older than ids
TABLES = ("orders", "stock", "mailbox", "parcels")
Table = tuple[int, dict[int, Any]]  # the number of rows, and those that are known, by index


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """A replay of 1,000 orders."""
    return Lab.replay(write_journal(tmp_path_factory.mktemp("runs") / "long.jsonl", 1_000))


@pytest.fixture
def busy(lab: Lab) -> Lab:
    """A lab with 30 orders of three stories, one of which was denied, to its end."""
    lab.deny_next_payment()
    for product in ["wooden spoon", "garden gnome", "enamel mug"] * 10:
        lab.place_order(product)
    lab.run()
    return lab


def pages(walk: Walk) -> list[dict[str, Any]]:
    """All pages, as the browser asks for them."""
    count = walk.answer({"do": "hello"})["count"]
    asked = [{"do": "page", "from": first, "to": first + PAGE - 1, "at": 0} for first in range(1, count + 1, PAGE)]
    return [walk.answer(each)["page"] for each in asked]


def states(page: dict[str, Any]) -> list[dict[str, Table]]:
    """The tables after each hop of a page, as the browser sums them up."""
    tables = {name: (base["count"], dict(base["rows"])) for name, base in page["base"].items()}
    found = []
    for moment in page["moments"]:
        for name, changes in moment["changes"].items():
            count, rows = tables[name]
            new = {int(index): row for index, row in changes.items()}
            kept = {index: row for index, row in rows.items() if index not in new}
            tables[name] = (max(count, *(index + 1 for index in new)), kept | new)
        found.append({name: (count, dict([*rows.items()][-ROWS:])) for name, (count, rows) in tables.items()})
    return found


def test_the_pages_are_the_whole_run(busy: Lab) -> None:
    found = [moment for page in pages(Walk(busy)) for moment in page["moments"]]

    assert [moment["number"] for moment in found] == list(range(1, len(busy.moments) + 1))
    assert [moment["sentence"] for moment in found] == [moment.sentence for moment in busy.moments]
    assert len(found) > 4 * PAGE


def test_the_state_from_a_page_is_that_of_the_run_at_every_hop(busy: Lab) -> None:
    shown = [state for page in pages(Walk(busy)) for state in states(page)]

    for moment, state in zip(busy.moments, shown, strict=True):
        for name in TABLES:
            rows, (count, known) = getattr(moment.state, name), state[name]
            assert (count, len(known)) == (len(rows), min(len(rows), ROWS))
            assert all(rows[index] == row for index, row in known.items())


def test_a_replay_has_the_pages_of_the_run(busy: Lab, tmp_path: Path) -> None:
    busy.journal.save(tmp_path / "run.jsonl")

    assert pages(Walk(Lab.replay(tmp_path / "run.jsonl"))) == pages(Walk(busy))


def test_the_first_message_about_1000_orders_is_below_200_kb(long_run: Replay) -> None:
    first = Walk(long_run).answer({"do": "hello"})

    assert (first["count"], len(first["moments"])) == (1_000 * PROPER, 1_000 * PROPER % PAGE)
    assert len(json.dumps(first)) < 200_000


def test_a_page_about_1000_orders_is_below_200_kb(long_run: Replay) -> None:
    middle = 130 * PAGE + 1

    page = Walk(long_run).answer({"do": "page", "from": middle, "to": middle + 5_000, "at": middle + 9})["page"]

    assert [len(page["moments"]), page["base"]["orders"]["count"]] == [PAGE, 1_000]
    assert len(json.dumps(page)) < 200_000


def test_the_records_of_a_page_are_those_touched_last_with_their_readers(long_run: Replay) -> None:
    hop = next(moment for moment in long_run.moments if moment.hop.to == "shipments")
    first = (hop.number - 1) // PAGE * PAGE + 1

    page = Walk(long_run).answer({"do": "page", "from": first, "to": first + PAGE - 1, "at": 0})["page"]

    _, records = states(page)[hop.number - first]["messages"]
    record = [*records.values()][-1]
    assert (record["place"], record["from"], record["message"]) == (hop.place, "orders", "OrderApproved")
    assert "shipments" in record["readers"] and len(records) == ROWS


def test_the_other_hops_of_the_order_come_with_a_page(long_run: Replay) -> None:
    at = next(moment.number for moment in reversed(long_run.moments) if moment.order == "order-500")

    page = Walk(long_run).answer({"do": "page", "from": at, "to": at, "at": at})["page"]

    assert [moment["number"] for moment in page["moments"]] == [at]
    assert {moment["order"] for moment in page["others"]} == {"order-500"}
    assert [moment["nth"] for moment in page["others"]] == list(range(1, PROPER))
    assert page["views"] == {"order-500": "ordering"}


def test_a_hop_without_an_order_is_about_the_order_before_it(lab: Lab) -> None:
    lab.sell_out("oak table")
    for _ in range(2):
        lab.place_order("wooden spoon")
    lab.step()
    lab.step()
    lab.sell_out("enamel mug")

    moments = Walk(lab).answer({"do": "hello"})["moments"]

    assert [moment["order"] for moment in moments] == ["", "order-1", "order-2", ""]
    assert [(moment["about"], moment["nth"]) for moment in moments] == [
        ("order-1", 0), ("order-1", 1), ("order-2", 1), ("order-2", 1)
    ]  # fmt: skip


def test_each_hop_has_its_time_and_the_delivery_whose_transaction_has_sent_it(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()

    moments = Walk(lab).answer({"do": "hello"})["moments"]

    start = lab.moments[0].hop.at
    assert [moment["time"] for moment in moments] == [
        (each.hop.at - start).total_seconds() * 1_000 for each in lab.moments
    ]
    steps = {moment["number"]: (moment["from"], moment["to"]) for moment in moments}
    sent = {steps[moment["number"]]: moment["transaction"] for moment in moments}
    assert sent["web", "gateway"] is None and sent["gateway", "orders"] == 2
    assert steps[sent["stock", "kafka"]] == ("kafka", "stock")
    assert steps[sent["payments", "payment_broker"]] == ("kafka", "payments")
    assert steps[sent["payments", "kafka"]] == ("payments", "payment_broker")


def test_after_a_long_run_in_a_cell_only_the_last_page_is_sent(lab: Lab) -> None:
    walk = RecordedWalk(lab)
    walk.answer({"do": "hello"})
    for _ in range(20):
        lab.place_order("wooden spoon")

    lab.run()

    news = walk.messages[-1]

    last = 20 * PROPER // PAGE * PAGE + 1
    assert (news["keep"], news["count"], news["from"]) == (0, 20 * PROPER, last)
    assert len(news["moments"]) == 20 * PROPER - last + 1 and news["base"]["orders"]["count"] == 20


def test_a_page_beyond_the_end_is_empty(lab: Lab) -> None:
    page = Walk(lab).answer({"do": "page", "from": 65, "to": 128, "at": 70})["page"]

    assert (page["moments"], page["others"]) == ([], [])


def test_in_a_journal_without_ids_the_names_of_messages_say_which_transaction_has_sent_a_hop() -> None:
    moments = Walk(Lab.replay(RECORDED)).answer({"do": "hello"})["moments"][-PROPER:]

    steps = {moment["number"]: moment["step"] for moment in moments}
    sent = {moment["step"]: steps.get(moment["transaction"]) for moment in moments if moment["from"] != "kafka"}
    assert sent == {1: None, 2: 2, 3: 2, 5: 4, 7: 6, 9: 8, 10: 9, 12: 11, 14: 13}


def test_times_of_a_fixed_clock_are_not_real(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.step()

    runs = lab, Lab.replay(RECORDED)

    assert [Walk(run).answer({"do": "hello"})["real_times"] for run in runs] == [False, True]


def test_a_lab_knows_its_clock_before_its_first_hop_and_after_a_long_wait(memory_lab: OpenLab) -> None:
    fixed, real = labs = memory_lab(), memory_lab(clock="real")
    before = [Walk(lab).answer({"do": "hello"})["real_times"] for lab in labs]
    for lab in labs:
        lab.wait(hours=25)
        lab.sell_out("wooden spoon")

    assert before == [False, True]
    assert [Walk(lab).answer({"do": "hello"})["real_times"] for lab in labs] == [False, True]
    assert [fixed.journal.projection.has_real_times, real.fork().journal.projection.has_real_times] == [False, True]
