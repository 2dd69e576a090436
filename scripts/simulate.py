"""Simulate: many schedules of the simulation, evaluated by the checker; prints the story of the first that fails."""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from simulation.decisions import draw_schedule  # noqa: E402
from simulation.run import run  # noqa: E402
from simulation.store.databases import Databases  # noqa: E402
from simulation.story import explain, tell  # noqa: E402

AT_A_TIME = 50  # schedules of one process
SCHEDULES = 10_000


class Part(NamedTuple):
    """The result of some schedules: what happened how often, the seeds that failed, and the processor time."""

    counts: Counter[str]
    failed: list[int]
    seconds: float


def run_part(seeds: range) -> Part:
    """Runs the schedules of these seeds."""
    databases, counts, failed, start = Databases(), Counter[str](), list[int](), time.process_time()
    for seed in seeds:
        done = run(databases, draw_schedule(seed))
        counts += done.counts
        failed += [] if done.is_good else [seed]
    databases.close()
    return Part(counts, failed, time.process_time() - start)


def parts_of(schedules: int) -> Iterator[range]:
    """The seeds from 0 on, in parts."""
    return (range(first, min(first + AT_A_TIME, schedules)) for first in range(0, schedules, AT_A_TIME))


def simulate(schedules: int, keep: Path) -> bool:
    """Runs schedules on all processors and prints what they did; returns whether all are good."""
    with multiprocessing.Pool(os.cpu_count()) as pool:
        parts = list(pool.imap_unordered(run_part, parts_of(schedules)))
    counts = sum((part.counts for part in parts), Counter[str]())
    failed = sorted(seed for part in parts for seed in part.failed)
    for event, count in sorted(counts.items()):
        print(f"{count:>10,} {event}")
    seconds = sum(part.seconds for part in parts)
    print(f"{schedules:,} schedules, {len(failed)} of them break an invariant; {seconds:,.0f} s of processor time")
    if failed:
        print(f"seeds {', '.join(map(str, failed[:20]))}; the first of them:")
        print(explain(Databases(), failed[0], keep))
    return not failed


def show(seed: int, keep: Path) -> bool:
    """Prints the story of one seed, the shortest one if it fails; returns whether it is good."""
    databases = Databases()
    is_good = run(databases, draw_schedule(seed)).is_good
    path = keep / f"simulation-{seed}.jsonl"
    print(tell(databases, draw_schedule(seed), path) if is_good else explain(databases, seed, keep))
    return is_good


def main() -> None:
    """Exit status 1 if a schedule breaks an invariant."""
    parser = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__)
    parser.add_argument("schedules", nargs="?", type=int, default=SCHEDULES, help=f"how many; default: {SCHEDULES:,}")
    parser.add_argument("--seed", type=int, help="run only the schedule of this seed, and print its story")
    parser.add_argument("--keep", type=Path, default=Path("runs"), help="folder for the journal of a story")
    given = parser.parse_args()
    if given.schedules < 1:
        parser.error("take 1 schedule or more")
    is_good = simulate(given.schedules, given.keep) if given.seed is None else show(given.seed, given.keep)
    sys.exit(not is_good)


if __name__ == "__main__":
    main()
