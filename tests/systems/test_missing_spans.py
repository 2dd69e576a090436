"""Missing spans: what a file of traces lacks is never reported as an arrow that never happened."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from systems.expected_findings import EXTRA, FAULTS, MISSING, WRONG, Verify, found_in
from systems.instrumented.kafka_client import Style as KafkaStyle
from systems.instrumented.rpc_service import Style as RpcStyle
from systems.lending.lending_library import LendingLibrary
from systems.older_conventions import without_kinds
from systems.recorded_runs import RUNS as SYSTEMS
from systems.recorded_runs import run_lending, run_rental, run_trips
from systems.seeded_faults import Fault
from systems.trace_formats import zipkin

from checkout.c4.checks.conformance.results import Verdict
from checkout.messaging.memory_log import MemoryBroker

Spans = Sequence[ReadableSpan]
RUNS: dict[str, tuple[str, Callable[[], list[ReadableSpan]]]] = {
    "lending, links": ("lending", lambda: run_lending(style=KafkaStyle.LINKS)),
    "lending, parent": ("lending", lambda: run_lending(style=KafkaStyle.PARENT)),
    "lending, both": ("lending", lambda: run_lending(style=KafkaStyle.BOTH)),
    "lending, siblings": ("lending", lambda: run_lending(style=KafkaStyle.SIBLINGS)),
    "trips, attempt": ("trips", lambda: run_trips(style=RpcStyle.ATTEMPT)),
    "trips, call": ("trips", lambda: run_trips(style=RpcStyle.CALL)),
    "rental": ("rental", run_rental),
}


def service_of(span: ReadableSpan) -> str:
    return str(span.resource.attributes["service.name"])


def referred_to(spans: Spans) -> set[int]:
    """The ids of the spans that others name as parent or in a link: their absence can be seen."""
    links = {link.context.span_id for span in spans for link in span.links}
    return links | {span.parent.span_id for span in spans if span.parent}


@pytest.mark.parametrize("run", RUNS)
def test_a_service_without_export_is_a_gap(run: str, verify: Verify) -> None:
    view, record = RUNS[run]
    spans = record()

    wrong = [
        (service, str(deviation))
        for service in {service_of(span) for span in spans}
        for result in verify(view, [span for span in spans if service_of(span) != service])
        for deviation in result.deviations
    ]

    assert wrong == []


@pytest.mark.parametrize("run", RUNS)
def test_a_lost_span_that_others_name_is_a_gap(run: str, verify: Verify) -> None:
    view, record = RUNS[run]
    spans = record()
    lost = [span for span in spans if span.context.span_id in referred_to(spans)]

    wrong = [
        (service_of(span), span.name, str(deviation))
        for span in lost
        for result in verify(view, [each for each in spans if each is not span])
        for deviation in result.deviations
    ]

    assert len(lost) >= 7
    assert wrong == []


@pytest.mark.parametrize(("system", "fault"), FAULTS)
def test_a_fault_is_not_mistaken_for_another_where_a_service_has_no_export(
    system: str, fault: Fault, verify: Verify
) -> None:
    spans, expected = SYSTEMS[system](fault), {each[:3] for each in FAULTS[system, fault]}
    expected |= {(EXTRA, *ends) for kind, *ends in expected if kind == WRONG}  # if the drawn one cannot be judged

    found = [
        (service, each[:3])
        for service in {service_of(span) for span in spans}
        for result in verify(system, [span for span in spans if service_of(span) != service])
        for each in found_in(result)
    ]

    assert [each for each in found if each[1] not in expected] == []
    assert found != []


def test_a_lost_entry_span_leaves_open_what_else_its_service_called(verify: Verify) -> None:
    spans = run_lending(Fault.MISSING_CALL)
    (entry,) = (span for span in spans if service_of(span) == "loan-desk" and span.name == "POST /loans")

    (result,) = verify("lending", [span for span in spans if span is not entry])

    assert str(result.verdict) == "cannot be judged"


@pytest.mark.parametrize("style", KafkaStyle)
def test_a_service_that_loses_the_spans_of_one_message_leaves_gaps(style: KafkaStyle, verify: Verify) -> None:
    spans = run_lending(style=style)
    lost = {"poll loans.checked", "process loans.checked", "send loans.approved"}

    results = verify("lending", [span for span in spans if span.name not in lost])

    assert "conforms" not in {str(each.verdict) for each in results}
    assert [str(each) for result in results for each in result.deviations] == []


@pytest.mark.parametrize("style", KafkaStyle)
def test_a_call_whose_caller_is_lost_leaves_the_run_open(style: KafkaStyle, verify: Verify) -> None:
    spans = run_lending(Fault.NEW_CALL, style=style)
    (call,) = (span for span in spans if service_of(span) == "library-members" and span.name == "GET")

    results = verify("lending", [span for span in spans if span is not call])

    assert [(str(each.verdict), len(each.hops)) for each in results] == [("cannot be judged", 11)]
    assert "catalogue was called by a service whose span" in results[0].unjudged[0].reason


class Forgetful(LendingLibrary):
    """A library that sends no letter for isbn-1."""

    def _send_letter(self, loan: Any) -> None:
        if loan["isbn"] != "isbn-1":
            super()._send_letter(loan)


@pytest.mark.parametrize("style", [KafkaStyle.LINKS, KafkaStyle.SIBLINGS])
def test_a_missing_call_is_found_beside_a_piece_of_another_story(style: KafkaStyle, verify: Verify) -> None:
    with Forgetful(MemoryBroker(), style=style) as library:
        for isbn in ("isbn-0", "isbn-1"):
            library.lend(isbn, "ann")
            library.wait_until_idle()
    lost = next(span for span in library.spans() if span.name == "send loans.checked")

    results = verify("lending", [span for span in library.spans() if span is not lost])

    assert {each for result in results for each in found_in(result)} == {
        (MISSING, "reminders", "post", "HTTP, POST /letters")
    }


@pytest.mark.parametrize("system", SYSTEMS)
def test_spans_without_kinds_have_all_arrows_or_leave_gaps(system: str, verify: Verify) -> None:
    results = verify(system, without_kinds(SYSTEMS[system](None)))

    assert [str(each) for result in results for each in result.deviations] == []


@pytest.mark.parametrize("style", [KafkaStyle.LINKS, KafkaStyle.SIBLINGS])
@pytest.mark.parametrize("loans", [1, 3])
def test_a_format_without_links_leaves_gaps_where_spans_have_no_offsets(
    style: KafkaStyle, loans: int, verify: Verify
) -> None:
    spans = run_lending(style=style, loans=loans)

    results = verify("lending", spans, write=lambda each: zipkin(each).replace(b".offset", b".hidden"))

    assert {result.verdict for result in results} == {Verdict.UNJUDGED}
    assert [str(each) for result in results for each in result.deviations] == []


@pytest.mark.parametrize("style", [KafkaStyle.LINKS, KafkaStyle.SIBLINGS])
def test_a_format_without_links_is_judged_by_the_offsets_of_messages(style: KafkaStyle, verify: Verify) -> None:
    conforming = verify("lending", run_lending(style=style, loans=3), write=zipkin)
    deviating = {fault: verify("lending", run_lending(fault, style=style), write=zipkin) for fault in Fault}

    assert [(str(each.verdict), len(each.hops)) for each in conforming] == [("conforms", 11)] * 3
    assert {fault: found_in(results[0]) for fault, results in deviating.items()} == {
        fault: FAULTS["lending", fault] for fault in Fault
    }


def test_all_services_but_one_without_export_are_gaps(verify: Verify) -> None:
    spans = run_lending()
    services = {service_of(span) for span in spans}

    results = [each for name in services for each in verify("lending", [s for s in spans if service_of(s) == name])]

    assert {result.verdict for result in results} == {Verdict.UNJUDGED}
