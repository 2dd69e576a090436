"""Forks: a second lab in the state after any hop, which goes on as the original does or another way."""

from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid5

import pytest

from checkout.journal.hop import Hop
from checkout.lab import Lab, LabError, Loyalty, Program
from checkout.lab.engine.clock import START
from checkout.services.stock import Stock
from checkout.simulators.payment_broker import Charge

OpenLab = Callable[..., Lab]


def shipped(lab: Lab) -> None:
    lab.place_order("wooden spoon", quantity=2)
    lab.run()


def denied(lab: Lab) -> None:
    lab.deny_next_payment("the card is stolen")
    shipped(lab)


def sold_out(lab: Lab) -> None:
    lab.sell_out("wooden spoon")
    shipped(lab)


def cancelled(lab: Lab) -> None:
    lab.cancel_order(lab.place_order("wooden spoon"))
    lab.run()


def scaled(lab: Lab) -> None:
    """Everything that can be done to a lab: crash, lost partitions, sent records, switches, other services."""
    with pytest.raises(LabError):
        lab.place_order("wooden spoon", quantity=0)
    lab.scale("stock", 2)
    lab.listen(Loyalty)
    for number in range(4):
        lab.place_order("enamel mug", customer=f"Customer {number}")
    lab.break_at("stock", "commit")
    lab.run()
    lab.clear_break("stock", "commit")
    lab.crash("stock")
    lab.wait(seconds=10)
    lab.outside.payment_broker.switches.drop_after_charging = 2
    lab.refuse_parcels()
    lab.run()
    lab.refuse_parcels("")
    lab.restart("stock")
    lab.rewind("notifications", "order.new-order-approved", 0)
    lab.send("order.new-order-received", "not JSON", key="x")
    lab.run()
    lab.replace("stock", Stock, keep_database=False)
    shipped(lab)


STORIES = [shipped, denied, sold_out, cancelled]


@pytest.mark.parametrize("story", STORIES)
def test_a_fork_at_any_hop_goes_on_to_the_end_of_the_original(story: Callable[[Lab], None], lab: Lab) -> None:
    story(lab)
    hops = list(lab.journal)
    lasts = [moment.number for moment in lab.moments if moment.hop.sender != "lab"]

    ends = {}
    for number in lasts:
        fork = lab.fork(number)
        at = len(fork.moments)
        fork.run()
        ends[number] = (at, list(fork.journal) == hops)

    assert len(lasts) >= 4
    assert ends == {number: (number, True) for number in lasts}


def test_everything_that_is_done_to_a_lab_is_repeated(memory_lab: OpenLab) -> None:
    lab = memory_lab(partitions=3)
    scaled(lab)

    fork = lab.fork()

    assert list(fork.journal) == list(lab.journal)
    for tables in ("orders", "stock", "mailbox", "parcels", "ledger", "groups", "messages"):
        assert getattr(fork, tables).to_string() == getattr(lab, tables).to_string(), tables
    assert [action[:2] for action in fork.actions] == [action[:2] for action in lab.actions]


def test_before_publish_and_commit_a_fork_can_take_the_other_order(lab: Lab) -> None:
    lab.place_order("wooden spoon", quantity=2)
    lab.break_at("stock", "publish")
    lab.run()
    forks = {"publish": lab.fork(4), "commit": lab.fork(4)}

    for verb, fork in forks.items():
        fork.step(verb=verb)
        fork.crash("stock")
        fork.restart("stock")
        fork.run()

    outcomes = {verb: [hop.outcome.value for hop in fork.journal] for verb, fork in forks.items()}
    assert "duplicate" in outcomes["publish"] and "duplicate" not in outcomes["commit"]
    assert [len(lab.moments), lab.status().work_in_progress.done] == [4, ["poll", "handle"]]


def test_hop_0_is_before_the_first_hop_with_the_orders_that_wait(lab: Lab) -> None:
    shipped(lab)

    fork = lab.fork(0)

    assert (len(fork.moments), fork.status().next) == (
        0, "Next: the web app sends order-1 to the gateway (step 1).",
    )  # fmt: skip


def test_a_fork_can_be_forked(lab: Lab) -> None:
    shipped(lab)
    fork = lab.fork(9)
    fork.run()

    again = fork.fork(12)

    assert list(again.journal) == list(lab.journal)[:12]


def test_a_fork_at_an_action_is_within_a_hop(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()
    handled = next(at for at, each in enumerate(lab.actions) if each.arguments == ("stock-1", "handle"))

    fork = lab.fork_at_action(handled)

    work = fork.status().work_in_progress
    assert (work.replica, work.done, work.allowed) == ("stock-1", ["poll"], ["handle"])


def test_a_fork_has_the_options_of_its_lab(memory_lab: OpenLab) -> None:
    lab = memory_lab(partitions=3, inbox=False, clock="real")
    shipped(lab)

    fork = lab.fork()

    assert fork.offsets("order.new-order-received").shape[0] == 3
    assert len(fork.moments) == len(lab.moments)


def test_a_real_clock_is_as_late_in_the_fork(memory_lab: OpenLab) -> None:
    lab = memory_lab(clock="real")
    shipped(lab)
    lab.wait(hours=2)

    assert lab.fork().actions.elapsed() >= 7_200


def test_arguments_are_kept_as_they_were(lab: Lab) -> None:
    products = {"wooden spoon": 1}
    lab.place_order(products)
    products["enamel mug"] = 2

    fork = lab.fork()
    fork.run()

    assert fork.orders["products"].tolist() == ["1 x Wooden spoon"]


def test_an_instance_starts_a_fork_as_it_was_when_it_was_given(lab: Lab) -> None:
    loyalty = Loyalty()
    lab.listen(Loyalty)
    lab.replace("loyalty", loyalty)
    shipped(lab)

    assert lab.fork().table("loyalty").to_string() == lab.table("loyalty").to_string()


def test_a_reset_begins_the_actions_anew(lab: Lab) -> None:
    shipped(lab)
    lab.reset()
    lab.place_order("enamel mug")

    assert [action.name for action in lab.actions] == ["place_order"]
    assert lab.fork().status().next == lab.status().next


def test_what_a_fork_does_not_change_stays(lab: Lab) -> None:
    shipped(lab)
    fork = lab.fork(5)

    fork.sell_out("wooden spoon")
    fork.run()

    assert (len(lab.moments), len(lab.stock), lab.stock.iloc[0]["on_hand"]) == (17, len(fork.stock), 98)


@pytest.mark.parametrize("number", [-1, 18])
def test_a_hop_that_is_not_there_cannot_be_forked(number: int, lab: Lab) -> None:
    shipped(lab)

    with pytest.raises(LabError, match=f"there is no hop {number}: the lab has 17"):
        lab.fork(number)


def test_a_replay_cannot_be_forked(lab: Lab, tmp_path: Path) -> None:
    shipped(lab)
    lab.journal.save(tmp_path / "run.jsonl")

    with pytest.raises(LabError, match="a replay cannot be forked"):
        Lab.replay(tmp_path / "run.jsonl").fork(3)


def test_state_outside_of_the_lab_ends_a_fork_at_the_first_hop_that_differs(lab: Lab) -> None:
    order = lab.place_order("wooden spoon")
    broker = lab.outside.payment_broker
    broker.switches.deny = "the card is stolen"
    broker.charge(str(uuid5(UUID(order.id), "charge")), Charge(order.id, Decimal(lab.stock.iloc[0]["price"])))
    broker.switches.deny = None
    lab.run()

    with pytest.raises(LabError, match=r"the fork differs from the lab at hop 9: status is 201 and not 402; a fork"):
        lab.fork()


def test_a_program_in_place_of_a_service_cannot_be_forked(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()
    with lab.actions.adding("replace", "payments", Program(__file__)):
        pass

    with pytest.raises(LabError, match="no fork goes on after hop 17 of the lab: another program replaces a service"):
        lab.fork()
    assert len(lab.fork(17).moments) == 17


def test_killed_brokers_are_notes_only_in_a_fork(lab: Lab) -> None:
    """A lab in memory has no brokers: this one has the notes of a lab that has some."""
    lab.place_order("wooden spoon")
    for name, arguments, message in (("kill_broker", (2,), "KillBroker"), ("start_brokers", (), "StartBrokers")):
        with lab.actions.adding(name, *arguments):
            lab.journal.write([Hop(sender="lab", to="kafka", message=message, technology=name, at=START)])
        lab.step()
    with lab.actions.adding("start_brokers"):  # which ran already: no note
        pass
    lab.run()

    fork = lab.fork()

    assert list(fork.journal) == list(lab.journal)
    assert [hop.message for hop in fork.journal][:3] == ["KillBroker", "PlaceOrder", "StartBrokers"]


@pytest.mark.kafka
def test_a_lab_on_kafka_is_forked_in_memory_or_on_kafka(kafka_lab: OpenLab) -> None:
    lab = kafka_lab(partitions=2)
    lab.scale("stock", 2)
    for number in range(3):
        lab.place_order("enamel mug", customer=f"Customer {number}")
    lab.run()
    lab.crash("stock-1")
    lab.wait(seconds=10)
    shipped(lab)

    with closing(lab.fork()) as in_memory, closing(lab.fork(log="kafka")) as on_kafka:
        hops = [list(each.journal) for each in (lab, in_memory, on_kafka)]
        tables = [each.groups.to_string() for each in (lab, in_memory, on_kafka)]
        addresses = on_kafka.bootstrap_servers, lab.bootstrap_servers

    assert hops[0] == hops[1] == hops[2]
    assert tables[0] == tables[1] == tables[2]
    assert addresses[0] == addresses[1]
