"""Limits of forks: what cannot be repeated, killed brokers, and labs on Kafka."""

from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from lab.comparison.runs import OpenLab, shipped

from checkout.journal.hop import Hop
from checkout.lab import Lab, LabError, Program
from checkout.lab.engine.clock import START
from checkout.simulators.payment_broker import Charge


@pytest.mark.parametrize("number", [-1, 18])
def test_a_hop_that_is_not_there_cannot_be_forked(number: int, lab: Lab) -> None:
    shipped(lab)

    with pytest.raises(LabError, match=f"there is no hop {number}: the run has 17"):
        lab.fork(number)


@pytest.mark.parametrize("number", ["3", "order-1", 2.5])
def test_a_hop_is_named_by_a_number(number: Any, lab: Lab) -> None:
    shipped(lab)

    with pytest.raises(LabError, match=f"a hop is named by its number, not {number!r}: the run has 17"):
        lab.fork(number)
    with pytest.raises(LabError, match="a hop is named by its number"):
        lab.partition_state(number)


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

    with pytest.raises(LabError, match="the fork stops after hop 17 of the lab: another program replaces a service"):
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
    assert list(fork.fork().journal) == list(lab.journal)
    assert [action.name for action in fork.actions] == [action.name for action in lab.actions]


def test_a_record_that_is_sent_is_no_note_about_brokers(lab: Lab) -> None:
    with lab.actions.adding("start_brokers"):  # all ran: no note
        pass
    lab.send("order.new-order-received", "not JSON")

    fork = lab.fork()

    assert [hop.message for hop in fork.journal] == ["Send"]


def test_a_fork_with_more_hops_than_the_lab_names_the_first_of_them(lab: Lab) -> None:
    shipped(lab)
    with lab.actions.adding("sell_out", "wooden spoon"):  # which has done nothing in the lab
        pass

    with pytest.raises(LabError, match="the fork has hop 18, and the lab has none: The lab: Wooden spoon is sold out"):
        lab.fork()


def test_switches_that_deny_nothing_are_repeated(lab: Lab) -> None:
    lab.outside.payment_broker.switches.deny_next = 3
    shipped(lab)

    assert list(lab.fork().journal) == list(lab.journal)


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
