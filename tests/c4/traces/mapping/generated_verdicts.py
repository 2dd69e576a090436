"""Generated verdicts: verifies generated runs, in the test run and in scripts/check-traces."""

from dataclasses import dataclass
from random import Random

from c4.traces.mapping.generated import Run, trace_files
from c4.traces.mapping.plans import Expected, break_plan, calls_of, plan

from checkout.c4.checks.conformance.results import OrderResult
from checkout.c4.checks.verify import verify_orders
from checkout.c4.journal import group_by_order
from checkout.c4.source.arrows import Drawing
from checkout.c4.traces.mapping.hops import map_spans
from checkout.c4.traces.span import TraceFiles


@dataclass(frozen=True)
class Broken:
    """The result of a run with a fault, and that of a valid run in the same files."""

    expected: Expected
    result: OrderResult
    other: OrderResult

    @property
    def is_found(self) -> bool:
        """Whether the fault was found, with its class and arrow, and only in its own trace."""
        return self.expected.is_in(self.result) and self.other.conforms

    def __str__(self) -> str:
        return f"{self.expected}, but\n{self.result}\n{self.other}"


def judge(drawing: Drawing, files: TraceFiles) -> dict[str, OrderResult]:
    """The results of the traces in files, by trace."""
    found = map_spans(files, drawing=drawing)
    results = verify_orders(drawing, group_by_order(found.hops), gaps=found.gaps)
    return {result.order: result for result in results}


def judge_valid(drawing: Drawing, random: Random, style: str = "") -> OrderResult:
    """The result of a valid run, whose messages are traced in one style, or each in another one."""
    calls = calls_of(drawing)
    results = judge(drawing, trace_files(Run(calls, random, style).write(plan(calls))))
    assert len(results) == 1, f"{len(results)} stories in one run"
    return next(iter(results.values()))


def judge_broken(drawing: Drawing, fault: str, random: Random) -> Broken | None:
    """The results of a run with a fault and of a valid one; None if the view has no place for this fault."""
    calls = calls_of(drawing)
    broken = break_plan(fault, calls, random)
    if broken is None:
        return None
    run, valid = Run(calls, random, names_instances=True), Run(calls, random)
    results = judge(drawing, trace_files(run.write(broken[0]), valid.write(plan(calls))))
    return Broken(broken[1], results.pop(run.trace), results.pop(valid.trace))
