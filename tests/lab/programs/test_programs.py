"""Programs: a process outside the lab does the payments; the lab waits for it, shows its records, and ends it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sample import FIRST, process_payment
from waiting import wait_until

from checkout.framework.message import encode
from checkout.lab import Lab, LabError, Program
from checkout.lab.course.replacements import function_platform, payment_function, plain_payments
from checkout.services.payments import Payments
from checkout.system.pid import Pid

OpenLab = Callable[..., Lab]
REQUEST, REFUND = "order.process-order-payment", "order.refund-order-payment"
PLAIN = Program(plain_payments)


def place(lab: Lab) -> None:
    """Places two orders; the card of the first has expired."""
    lab.deny_next_payment("the card has expired")
    lab.place_order("wooden spoon", quantity=2)
    lab.place_order("enamel mug", customer="Grace")


def process_of(lab: Lab) -> Pid:
    """The process that does the payments of a lab."""
    return Pid.of(lab._environment.programs.running["payments"]._process.pid)


@pytest.mark.kafka
def test_a_plain_program_has_no_effect_on_orders(kafka_lab: OpenLab) -> None:
    ours, theirs = kafka_lab(), kafka_lab()
    theirs.replace("payments", PLAIN)
    for lab in (ours, theirs):
        place(lab)
        lab.run()

    assert theirs.orders["status"].tolist() == ["REJECTED", "APPROVED"]
    assert theirs.journal.of("orders") == ours.journal.of("orders")
    assert theirs.mailbox.equals(ours.mailbox)


@pytest.mark.kafka
def test_a_program_replaces_several_replicas(kafka_lab: OpenLab) -> None:
    lab = kafka_lab(partitions=2)
    lab.scale("payments", 2)

    lab.replace("payments", PLAIN)
    place(lab)
    lab.run()

    assert sorted(lab.orders["status"]) == ["APPROVED", "REJECTED"]


@pytest.mark.kafka
def test_what_the_program_consumes_and_publishes_is_observed(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    lab.replace("payments", PLAIN)
    place(lab)

    moments = lab.run()

    seen = [(m.hop.step, m.hop.sender, m.hop.to, m.hop.message, m.order) for m in moments if m.hop.observed]
    assert seen == [
        (8, "kafka", "payments", "ProcessPayment", "order-1"), (8, "kafka", "payments", "ProcessPayment", "order-2"),
        (10, "payments", "kafka", "PaymentFailed", "order-1"), (10, "payments", "kafka", "PaymentProcessed", "order-2"),
    ]  # fmt: skip
    assert lab.moments[-1].group_lags["payments"] == 0
    assert lab.groups.query("group == 'payments'")["lag"].sum() == 0
    assert "observed" in repr(moments) and lab.journey("order-1")["outcome"].tolist().count("observed") == 2
    assert lab.messages["step"].tolist().count(10) == 2


@pytest.mark.kafka
def test_two_runs_with_a_program_are_shown_alike(kafka_lab: OpenLab) -> None:
    shown = []
    for _ in range(2):
        lab = kafka_lab()
        lab.replace("payments", PLAIN)
        place(lab)
        shown.append((repr(lab.run()), str(lab.messages), lab.explain()))

    assert shown[0] == shown[1]


@pytest.mark.kafka
def test_the_program_goes_on_where_payments_stopped_and_payments_where_it_did(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    for by in (Payments, PLAIN, Payments, PLAIN):
        lab.replace("payments", by)
        lab.place_order("wooden spoon")
        lab.run()

    assert lab.orders["status"].tolist() == ["APPROVED"] * 4
    assert lab.ledger["attempts"].tolist() == [1] * 4


@pytest.mark.kafka
def test_a_charge_of_payments_is_not_repeated_by_its_successor(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    lab.place_order("wooden spoon")
    lab.run()
    lab.rewind("payments", REQUEST, 0)

    lab.replace("payments", PLAIN)
    moments = lab.run()

    assert [m.hop.outcome for m in moments if m.hop.to == "orders"] == ["duplicate"]
    assert lab.ledger[["status", "attempts"]].values.tolist() == [["charged", 2]]


@pytest.mark.kafka
@pytest.mark.parametrize("end", [Lab.close, Lab.reset, lambda lab: lab.replace("payments", Payments)])
def test_the_program_and_its_server_end_with_the_lab(kafka_lab: OpenLab, end: Callable[[Lab], object]) -> None:
    lab = kafka_lab()
    lab.replace("payments", PLAIN)
    guard, url = process_of(lab), lab.serve("payment_broker")
    lab.place_order("wooden spoon")
    lab.run()
    children = subprocess.run(["ps", "--ppid", str(guard.number), "-o", "pid="], capture_output=True, text=True)
    (program,) = [Pid.of(int(line)) for line in children.stdout.split()]

    end(lab)

    assert not guard.is_alive() and not program.is_alive()
    lab.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health-check", trust_env=False)


@pytest.mark.kafka
def test_the_program_ends_when_the_kernel_is_killed(kafka: str, tmp_path: Path) -> None:
    code = "import sys, time; from checkout.lab import *; from checkout.lab.course.replacements import plain_payments\n"
    code += "lab = Lab(bootstrap_servers=sys.argv[1]); lab.replace('payments', Program(plain_payments))\n"
    code += "print(lab._environment.programs.running['payments']._process.pid, flush=True); time.sleep(60)"
    kernel = subprocess.Popen([sys.executable, "-c", code, kafka], stdout=subprocess.PIPE, text=True)
    assert kernel.stdout
    guard = Pid.of(int(kernel.stdout.readline()))

    os.kill(kernel.pid, signal.SIGKILL)

    kernel.communicate()
    wait_until(lambda: not guard.is_alive(), "the program has ended")


@pytest.mark.kafka
def test_a_program_that_has_ended_is_an_error_with_its_last_line(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    lab.replace("payments", PLAIN)
    lab.send(REQUEST, "not JSON")

    with pytest.raises(LabError, match="the program plain_payments.py has ended with status 1: json.decoder.JSONDecod"):
        lab.run()
    lab.replace("payments", Payments)
    lab.run()

    assert len(lab.dead_letters) == 1


@pytest.mark.kafka
def test_a_record_that_no_program_reads_does_not_delay_the_lab(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    lab.replace("payments", Program(function_platform, payment_function.charge, REQUEST, reads=[REQUEST]))
    lab.refuse_parcels()
    lab.place_order("wooden spoon")

    lab.run()

    lags = lab.groups.query("group == 'payments'").set_index("topic")["lag"]
    assert lags.to_dict() == {REQUEST: 0, REFUND: 1}
    assert lab.orders["status"].tolist() == ["CANCELLED"]


@pytest.mark.kafka
def test_the_lab_does_not_crash_or_scale_a_program(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    lab.replace("payments", PLAIN)

    for call in (lambda: lab.crash("payments"), lambda: lab.scale("payments", 2)):
        with pytest.raises(LabError, match="the program plain_payments.py does the work of payments: lab.replace"):
            call()


@pytest.mark.kafka
def test_a_program_reads_all_partitions(kafka_lab: OpenLab) -> None:
    lab = kafka_lab(partitions=3)
    lab.replace("payments", PLAIN)
    for _ in range(6):
        lab.place_order("wooden spoon")

    lab.run()

    assert lab.orders["status"].tolist() == ["APPROVED"] * 6
    assert lab.messages.query("type == 'PaymentProcessed'")["partition"].nunique() > 1


@pytest.mark.kafka
def test_an_answer_goes_to_the_partition_of_its_request(kafka_lab: OpenLab) -> None:
    lab = kafka_lab(partitions=3)
    lab.replace("payments", PLAIN)
    for number in range(4):  # without a key, so that their partitions are not those of the keys
        lab.send(REQUEST, encode(process_payment(f"{FIRST[:-1]}{number}")).decode())

    lab.run()

    answered = lab.messages.query("type in ('ProcessPayment', 'PaymentProcessed')").copy()
    answered["id"] = [json.loads(payload)["id"] for payload in answered["payload"]]
    partitions = {of: set(rows["partition"]) for of, rows in answered.groupby("id")}
    assert len(answered) == 8 and all(len(found) == 1 for found in partitions.values())
    assert len(set.union(*partitions.values())) > 1


def test_a_lab_in_memory_refuses_a_program_and_keeps_payments(lab: Lab) -> None:
    with pytest.raises(LabError, match="a lab in memory has no Kafka"):
        lab.replace("payments", PLAIN)
    lab.place_order("wooden spoon")
    lab.run()

    assert lab.orders["status"].tolist() == ["APPROVED"]


def test_a_served_system_is_the_one_of_the_lab(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()

    charges = httpx.get(f"{lab.serve('payment_broker')}/charges", trust_env=False).json()

    assert [charge["status"] for charge in charges] == ["charged"]
    assert lab.serve("payment_broker") == lab.serve("payment_broker") != lab.serve("mailbox")


def test_what_is_no_system_or_program_is_an_error(lab: Lab) -> None:
    with pytest.raises(LabError, match="there is no external system 'bank': there are payment_broker, shipment"):
        lab.serve("bank")
    with pytest.raises(LabError, match="there is no program nothing.py: save it in a file"):
        Program("nothing.py")
    with pytest.raises(LabError, match="<lambda> is defined in a cell: save it"):
        Program(plain_payments, eval(compile("lambda: 0", "<cell>", "eval")))
