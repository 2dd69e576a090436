"""Board and Kafka's tools: both say the same of offsets, owners, lag and replicas. Nightly: after every hop."""

from collections.abc import Callable

import pytest
from lab.partitions.kafka_says import differences

from checkout.lab import Lab, Program
from checkout.lab.course.replacements import plain_payments

OpenLab = Callable[..., Lab]
pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_the_board_says_what_kafkas_tools_print_while_a_group_loses_a_member(kafka_lab: OpenLab) -> None:
    lab = kafka_lab(partitions=2)
    lab.scale("stock", 2)
    for customer in ("Ada", "Grace", "Linus"):
        lab.place_order("wooden spoon", customer=customer)
    lab.break_at("stock", "commit")
    lab.run()
    found = {"between two verbs": differences(lab, "groups")}
    lab.clear_break("stock", "commit")
    lab.crash("stock")
    found["crashed"] = differences(lab, "groups")
    lab.wait(seconds=10)
    found["evicted"] = differences(lab, "groups")
    lab.run()
    found["at the end"] = differences(lab)

    assert found == dict.fromkeys(found, [])
    assert lab.groups["lag"].sum() == 0 and lab.status().is_idle


def test_the_board_says_what_a_program_has_published_and_committed(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    lab.replace("payments", Program(plain_payments))
    lab.place_order("wooden spoon")
    lab.run()

    found = [each for each in differences(lab, "groups offsets") if each.row[0] != "payments"]
    payments = next(group for group in lab.partition_state().groups if group.group == "payments")

    assert found == [] and [member.name for member in payments.members] == ["plain_payments.py"]
    assert payments.positions[0].committed == 1 and payments.positions[0].owner is None


def test_a_board_that_has_missed_a_commit_is_found_out(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    lab.place_order("wooden spoon")
    lab.run()
    lab.journal.projection.partitions.commit("stock", ("order.new-order-received", 0), 0)

    rows = [found.row for found in differences(lab, "groups")]

    assert rows == [("stock", "order.new-order-received", 0)]
