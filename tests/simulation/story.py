"""Story: a schedule as text - its events, its journal and the verdict - and its journal as a file for the walk."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from simulation.decisions import Schedule, draw_schedule
from simulation.run import Run, run
from simulation.shrinking import shrink
from simulation.store.databases import Databases

from checkout.journal import journal
from checkout.journal.hop import Hop


def explain(databases: Databases, seed: int, folder: Path) -> str:
    """Why the schedule of a seed fails, by the shortest one that fails so; its journal is kept in this folder."""
    schedule = shortest(databases, draw_schedule(seed))
    story = tell(databases, schedule, folder / f"simulation-{seed}.jsonl")
    return f"seed {seed}, shrunk to {story}"


def shortest(databases: Databases, schedule: Schedule) -> Schedule:
    """The shortest schedule that Hypothesis finds and that breaks one of the invariants that this one breaks."""
    broken = set(_names(run(databases, schedule)))
    return shrink(schedule, lambda other: not broken.isdisjoint(_names(run(databases, other))))


def tell(databases: Databases, schedule: Schedule, keep: Path) -> str:
    """Carries out a schedule with a journal, which is kept at `keep`, and returns its story."""
    keep.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        done = run(databases, schedule, path)
        shutil.copy(path, keep)
    return "\n".join(_lines(schedule, done, list(journal.read_file(keep)), keep))


def _lines(schedule: Schedule, done: Run, hops: Sequence[Hop], keep: Path) -> list[str]:
    decisions = ", ".join(f"{each.action} {each.who} {each.what}" for each in schedule)
    events = [f"  {number}. {event}" for number, event in enumerate(done.events, 1)]
    verdict = [f"  {line}" for line in done.verdict] or ["  every invariant holds"]
    return [
        f"{len(schedule)} decisions: {decisions}", "What happened:", *events, f"Its journal, {len(hops)} hops:",
        *map(_line, hops), "Verdict:", *verdict,
        f"In a notebook: from checkout.lab import Lab; Lab.replay({str(keep.absolute())!r}).walk()",
    ]  # fmt: skip


def _line(hop: Hop) -> str:
    step = "" if hop.step is None else str(hop.step)
    about = hop.position or hop.status or ""
    return f"  {hop.at:%H:%M:%S.%f} {step:>3} {hop.sender} -> {hop.to}: {hop.message}, {hop.outcome} {about}".rstrip()


def _names(done: Run) -> list[str]:
    # Problems begin with the name of a replica, or with what the store is waiting for.
    return [*done.report.broken, *(problem.partition(":")[0] for problem in done.problems)]
