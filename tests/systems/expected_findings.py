"""Expected findings: what the toolkit is to find in a run of a system with a fault."""

from collections.abc import Callable

from systems.seeded_faults import Fault

from checkout.c4.checks.conformance.results import OrderResult
from checkout.c4.traces.mapping.hops import TraceHops

Verify = Callable[..., list[OrderResult]]  # of spans against a view, by its name; write=format
Read = Callable[..., TraceHops]  # the hops of spans for a view, by its name; with_steps=True

MISSING, EXTRA, EARLY, WRONG = "missing", "extra", "too early", "wrong technology"
Found = tuple[str, str, str, str]  # the class of a deviation, from, to, and the technology as drawn, or seen if extra
FAULTS: dict[tuple[str, Fault], set[Found]] = {
    ("lending", Fault.MISSING_CALL): {(MISSING, "desk", "catalogue", "HTTP, GET /books/{isbn}")},
    ("lending", Fault.NEW_CALL): {(EXTRA, "members", "catalogue", "HTTP, GET /books/{isbn}")},
    ("lending", Fault.WRONG_ORDER): {(EARLY, "lending", "kafka", "loans.approved")},
    ("lending", Fault.WRONG_TOPIC): {
        (WRONG, "members", "kafka", "loans.checked"), (WRONG, "kafka", "lending", "loans.checked")
    },
    ("lending", Fault.EXTRA_CONSUMER): {(EXTRA, "kafka", "statistics", "loans.approved")},
    ("trips", Fault.MISSING_CALL): {(MISSING, "trips", "seats", "gRPC, travel.Seats/Watch")},
    ("trips", Fault.NEW_CALL): {(EXTRA, "timetable", "seats", "gRPC, travel.Seats/Count")},
    ("trips", Fault.WRONG_ORDER): {(EARLY, "trips", "ledger", "gRPC, travel.Ledger/Record")},
    ("trips", Fault.WRONG_TOPIC): {(WRONG, "trips", "fares", "gRPC, travel.Fares/Quote")},
    ("trips", Fault.EXTRA_CONSUMER): {(EXTRA, "trips", "audit", "gRPC, travel.Ledger/Record")},
    ("rental", Fault.MISSING_CALL): {(MISSING, "billing", "billing_db", "SQL")},
    ("rental", Fault.NEW_CALL): {(EXTRA, "billing", "risk.example", "HTTP, POST")},
    ("rental", Fault.WRONG_ORDER): {(EARLY, "rentals", "billing", "HTTP, POST /deposits")},
    ("rental", Fault.WRONG_TOPIC): {(WRONG, "rentals", "bikes", "HTTP, POST /bikes/{id}/lock")},
    ("rental", Fault.EXTRA_CONSUMER): {(EXTRA, "rentals", "billing_db", "sqlite")},
}  # fmt: skip


def found_in(result: OrderResult) -> set[Found]:
    """The deviations in a result."""
    return {(each.key.kind, each.key.source, each.key.target, each.key.technology) for each in result.deviations}
