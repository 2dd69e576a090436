"""Outcome: whether the call or message of a span failed; a denial is an answer, not a failure."""

from checkout.c4.traces import attributes
from checkout.c4.traces.span import Kind, Span
from checkout.journal.hop import Outcome

# gRPC codes that OpenTelemetry counts as errors of the server, by number and by name; the others are denials.
FAILURES = {
    "2": "UNKNOWN", "4": "DEADLINE_EXCEEDED", "12": "UNIMPLEMENTED", "13": "INTERNAL", "14": "UNAVAILABLE",
    "15": "DATA_LOSS",
}  # fmt: skip


def outcome_of(span: Span) -> Outcome:
    """Applied if the request was answered or the message handled; of a call the server's span decides if there is one.

    HTTP clients mark answers of 400 to 499 as errors, though the server answered.
    """
    status = attributes.status_code(span)
    if status is not None and status >= 400:
        return Outcome.FAILED if status >= 500 else Outcome.APPLIED
    if span.kind is Kind.CLIENT and (rpc := attributes.rpc_status(span)):
        return Outcome.FAILED if rpc in FAILURES or rpc.upper() in FAILURES.values() else Outcome.APPLIED
    return Outcome.FAILED if span.has_error else Outcome.APPLIED
