"""Projection: the state derived from the journal equals that of the service databases, after every hop."""

from collections.abc import Callable
from pathlib import Path

import pytest

from checkout.lab import Lab, LabError
from checkout.lab.history.moment import Moment
from checkout.lab.views import dataframes

OpenLab = Callable[..., Lab]


def busy(lab: Lab) -> Lab:
    lab.deny_next_payment()
    for product, quantity in (("wooden spoon", 2), ("garden gnome", 1), ("oak table", 2), ("enamel mug", 3)):
        lab.place_order(product, quantity=quantity)
    return lab


def test_the_state_after_each_hop_equals_the_databases(lab: Lab) -> None:
    busy(lab)
    differing = []

    while step := lab.step():
        for name in ("orders", "stock"):
            derived = dataframes.frame(name, getattr(step.hop.state, name))
            if not derived.equals(getattr(lab, name)):
                differing.append((step.hop.number, name))
        if len(lab.moments) == 25:
            lab.sell_out("wooden spoon")

    assert len(lab.moments) > 50
    assert differing == []


def test_the_mails_of_the_last_state_are_those_in_the_mailbox(lab: Lab) -> None:
    busy(lab)
    lab.run()

    assert dataframes.frame("mailbox", lab.moments[-1].state.mailbox).equals(lab.mailbox)
    assert len(lab.moments[-1].state.parcels) == len(lab.parcels) == 1


@pytest.mark.parametrize(("service", "reserved", "copies"), [("stock", 2, 1), ("notifications", 0, 2)])
def test_what_is_handled_twice_without_an_inbox_shows_twice(
    memory_lab: OpenLab, service: str, reserved: int, copies: int
) -> None:
    lab = memory_lab(inbox=False)
    lab.place_order("wooden spoon", quantity=2)
    lab.break_at(service, "publish")
    lab.run()
    lab.clear_break(service, "publish")
    lab.step(verb="publish")
    lab.crash(service)
    lab.restart(service)

    lab.run()

    assert dataframes.frame("stock", lab.moments[-1].state.stock).equals(lab.stock)
    assert lab.stock["reserved"].tolist()[0] == reserved
    assert [mail["copies"] for mail in lab.moments[-1].state.mailbox] == [copies]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (1, "Step 1: The web app sends PlaceOrder of order-1 to the gateway."),
        (3, "Step 3: Orders publishes OrderReceived of order-1 to Kafka."),
        (4, "Step 4: Kafka delivers OrderReceived of order-1 to Stock."),
        (9, "Step 9: Payments sends ChargeCard of order-1 to the payment broker."),
        (17, "Step 14: Notifications sends SendEmail of order-1 to the customer."),
    ],
)
def test_a_hop_has_a_sentence(lab: Lab, number: int, sentence: str) -> None:
    lab.place_order("wooden spoon")
    lab.run()

    assert lab.moments[number - 1].sentence == sentence
    assert repr(lab.moments[number - 1]).startswith(f"{sentence} {lab.moments[number - 1].place}")


def test_a_saved_run_replays_without_a_broker(lab: Lab, tmp_path: Path) -> None:
    busy(lab)
    lab.run()
    lab.journal.save(tmp_path / "run.jsonl")

    replay = Lab.replay(tmp_path / "run.jsonl")

    def shown(moment: Moment) -> object:
        return moment.sentence, moment.place, moment.lag, moment.state

    assert [shown(moment) for moment in replay.moments] == [shown(moment) for moment in lab.moments]
    assert replay.orders.equals(lab.orders) and replay.mailbox.equals(lab.mailbox)
    assert replay.messages["payload"].tolist() == lab.messages["payload"].tolist()
    assert replay.journey("order-2").equals(lab.journey("order-2"))
    assert repr(replay) == f"a replay: 4 orders, {len(lab.moments)} hops"


@pytest.mark.parametrize(("text", "message"), [("", "holds no hop"), ("[1]\n", "is no journal of a run: ")])
def test_the_error_about_a_broken_journal_names_the_file(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "odd.jsonl").write_text(text)

    with pytest.raises(LabError, match=f"^odd.jsonl {message}"):
        Lab.replay(tmp_path / "odd.jsonl")
