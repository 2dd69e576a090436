"""Seeded faults: three systems that are not the store run as drawn or with a fault, and every fault is found."""

import re
import uuid
from collections import Counter
from random import Random

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from systems.expected_findings import FAULTS, MISSING, Read, Verify, found_in
from systems.instrumented.kafka_client import Style as KafkaStyle
from systems.instrumented.rpc_service import Style as RpcStyle
from systems.instrumented.running_system import RunningSystem
from systems.lending.lending_library import LendingLibrary
from systems.older_conventions import older
from systems.recorded_runs import RUNS, VIEWS, run_lending, run_rental, run_trips
from systems.seeded_faults import Fault

from checkout.c4.checks.conformance.results import Verdict
from checkout.c4.checks.conformance.summary import summarize
from checkout.c4.draw import observe_arrows, update_source
from checkout.c4.source.arrows import Drawing
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.memory_log import MemoryBroker

ARROWS = {"lending": 11, "trips": 6, "rental": 7}


def shuffled(spans: list[ReadableSpan]) -> list[ReadableSpan]:
    return Random(13).sample(spans, len(spans))


def test_every_class_of_fault_is_tried_on_every_system() -> None:
    assert FAULTS.keys() == {(system, fault) for system in RUNS for fault in Fault}


@pytest.mark.parametrize("system", RUNS)
def test_a_run_as_drawn_conforms(system: str, verify: Verify) -> None:
    (result,) = verify(system, RUNS[system](None))

    assert (str(result.verdict), result.deviations, result.unjudged) == ("conforms", (), ())
    assert len(result.hops) == ARROWS[system]


@pytest.mark.parametrize(("system", "fault"), FAULTS)
def test_a_fault_is_found_with_its_class_and_arrow(system: str, fault: Fault, verify: Verify) -> None:
    (result,) = verify(system, RUNS[system](fault))

    assert result.verdict is Verdict.DEVIATES
    assert (found_in(result), result.unjudged) == (FAULTS[system, fault], ())


@pytest.mark.parametrize("style", KafkaStyle)
def test_links_and_parents_of_consumers_are_understood(style: KafkaStyle, verify: Verify) -> None:
    (result,) = verify("lending", run_lending(style=style))

    assert (str(result.verdict), result.deviations, len(result.hops)) == ("conforms", (), 11)


@pytest.mark.parametrize("style", KafkaStyle)
def test_loans_that_are_polled_in_one_batch_are_stories_of_their_own(style: KafkaStyle, verify: Verify) -> None:
    results = verify("lending", run_lending(style=style, loans=3))

    assert [(str(each.verdict), each.deviations, len(each.hops)) for each in results] == [("conforms", (), 11)] * 3
    assert [dict(each.times) for each in results] == [{}] * 3


@pytest.mark.parametrize("style", KafkaStyle)
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.EXTRA_CONSUMER])
def test_the_one_loan_of_a_batch_that_has_a_fault_is_found(fault: Fault, style: KafkaStyle, verify: Verify) -> None:
    results = verify("lending", run_lending(fault, style, loans=3, faulty="isbn-1"))

    assert [found_in(result) for result in results] == [set(), FAULTS["lending", fault], set()]


@pytest.mark.parametrize(("fault", "exit_code"), [(None, 0), (Fault.MISSING_CALL, 1)])
def test_requests_that_begin_other_stories_change_no_verdict(
    fault: Fault | None, exit_code: int, verify: Verify
) -> None:
    with LendingLibrary(MemoryBroker(), fault) as library:
        for number in range(3):
            library.look_up(f"isbn-{number}")
        library.lend("isbn-0", "ann")
        library.wait_until_idle()

    summary = summarize(verify("lending", library.spans()))

    assert (len(summary.results), summary.exit_code()) == (1, exit_code)
    assert [str(each.example.kind) for each in summary.deviations] == [MISSING] * exit_code


@pytest.mark.kafka
def test_loans_through_a_real_kafka_conform_and_a_fault_is_found(kafka: str, verify: Verify) -> None:
    broker = KafkaBroker(kafka, f"lending-{uuid.uuid4().hex[:8]}--")
    try:
        (deviating,) = verify("lending", run_lending(Fault.EXTRA_CONSUMER, broker=broker))
        conforming = verify("lending", run_lending(broker=broker, loans=2))
    finally:
        broker.delete()
        broker.close()

    assert [(str(each.verdict), len(each.hops)) for each in conforming] == [("conforms", 11)] * 2
    assert found_in(deviating) == FAULTS["lending", Fault.EXTRA_CONSUMER]


@pytest.mark.parametrize("style", RpcStyle)
def test_attempts_inside_a_client_are_one_arrow(style: RpcStyle, verify: Verify) -> None:
    (result,) = verify("trips", run_trips(style=style))

    assert (str(result.verdict), result.deviations, dict(result.times)) == ("conforms", (), {})


@pytest.mark.parametrize("style", RpcStyle)
def test_calls_of_a_service_without_telemetry_cannot_be_judged(style: RpcStyle, verify: Verify) -> None:
    (result,) = verify("trips-rates", run_trips(style=style))

    assert result.verdict is Verdict.UNJUDGED
    assert result.deviations == ()
    assert [str(each.arrow.key) for each in result.unjudged if each.arrow] == [
        str(("currency", "rates", "gRPC, rates.Rates/Latest"))
    ]
    assert "currency" in result.unjudged[0].reason


def test_a_fault_is_found_beside_what_cannot_be_judged(verify: Verify) -> None:
    (result,) = verify("trips-rates", run_trips(Fault.MISSING_CALL))

    assert (str(result.verdict), len(result.unjudged)) == ("deviates", 1)
    assert found_in(result) == FAULTS["trips", Fault.MISSING_CALL]


def test_tries_that_fail_and_repeated_queries_are_no_deviation(read: Read, verify: Verify) -> None:
    spans = run_rental(failures=2)

    outcomes = Counter(str(hop.outcome) for hop in read("rental", spans).hops if hop.to == "payments")
    (result,) = verify("rental", spans)

    assert outcomes == {"failed": 2, "applied": 1}
    assert (str(result.verdict), sorted(result.times.values())) == ("conforms", [2, 2])


def test_health_checks_are_counted_and_not_judged(read: Read) -> None:
    found = read("rental", run_rental())

    assert len({hop.order for hop in found.hops}) == 1
    assert [line for line in found.summary if re.search("6 health checks|health checks .6.", line)]


def test_a_payment_that_always_fails_never_happened(verify: Verify) -> None:
    (result,) = verify("rental", run_rental(failures=3))

    assert found_in(result) == {
        (MISSING, "rentals", "billing", "HTTP, POST /deposits"),  # answered with 502
        (MISSING, "billing", "payments", "HTTP, POST /v1/charges"),
        (MISSING, "billing", "billing_db", "SQL"),
    }
    assert ["failed" in each.message for each in result.deviations] == [True, True, False]


@pytest.mark.parametrize("system", RUNS)
def test_clocks_that_differ_by_seconds_change_no_verdict(
    system: str, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunningSystem, "clock_skew", 5.0)

    (conforming,) = verify(system, shuffled(RUNS[system](None)))
    deviating = {fault: found_in(verify(system, shuffled(RUNS[system](fault)))[0]) for fault in Fault}

    assert conforming.deviations == ()
    assert deviating == {fault: FAULTS[system, fault] for fault in Fault}


@pytest.mark.parametrize("system", RUNS)
def test_older_names_of_attributes_change_no_verdict(system: str, verify: Verify) -> None:
    (conforming,) = verify(system, older(RUNS[system](None)))
    deviating = {fault: found_in(verify(system, older(RUNS[system](fault)))[0]) for fault in Fault}

    assert (str(conforming.verdict), conforming.deviations, len(conforming.hops)) == ("conforms", (), ARROWS[system])
    assert deviating == {fault: FAULTS[system, fault] for fault in Fault}


@pytest.mark.parametrize("system", RUNS)
def test_a_drawing_that_is_updated_from_a_good_run_stays_as_it_is(
    system: str, read: Read, drawings: dict[str, Drawing]
) -> None:
    hops = read(system, RUNS[system](None), with_steps=True).hops

    text = update_source(drawings[system], observe_arrows([hops]))

    assert text == VIEWS[system].read_text()
