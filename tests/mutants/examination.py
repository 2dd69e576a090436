"""Examination: runs a story with and without a mutant, and lets the checker say which invariants each run breaks."""

import contextlib
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mutants.mutant import Mutant
from mutants.observed_shop import ObservedShop

from checkout.checker.check import check
from checkout.checker.invariants.invariant import NOTHING_STORED
from checkout.checker.results import Report
from checkout.registry import SERVICES
from checkout.worker.database import ServiceDatabase

Databases = Mapping[str, ServiceDatabase]


class Verdict(NamedTuple):
    """What the checker says of the run without the mutant, and of that with it."""

    twin: Report
    mutant: Report


@contextlib.contextmanager
def memory_databases() -> Iterator[Databases]:
    """The databases of the five services, in memory; each run empties them."""
    made = {service.name: ServiceDatabase("sqlite://", service()) for service in SERVICES}
    yield made
    for database in made.values():
        database.close()


def examine(mutant: Mutant, new_shop: Callable[..., ObservedShop]) -> Verdict:
    """Runs the story of a mutant in new shops: unmutated, then mutated."""
    return Verdict(report(mutant, new_shop, contextlib.nullcontext), report(mutant, new_shop, mutant.change))


def report(mutant: Mutant, new_shop: Callable[..., ObservedShop], change: Callable[[], Any]) -> Report:
    """What the checker finds after the story of a mutant, during which the code is changed in this way."""
    service = {"service": mutant.service()} if mutant.service else {}
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as printed:
        with change():
            shop = new_shop(Path(folder), **service)
            try:
                mutant.run(shop)
            finally:
                shop.close()
        shop.printed = printed.getvalue
        return check(shop.witnesses())  # after the change is undone: the checker reads with the code as it is


def check_verdict(mutant: Mutant, verdict: Verdict) -> None:
    """Fails unless the twin is checked whole and breaks nothing, and the mutant breaks what it must."""
    twin, mutated = verdict
    of_mutant = {result.invariant: result.counts for result in twin.results if result.invariant in mutant.expected}
    assert not twin.violations, twin.violations
    missing = [result.invariant for result in twin.results if result.not_checked not in ("", NOTHING_STORED)]
    assert not missing, missing
    assert all(sum(counts.values()) for counts in of_mutant.values()), of_mutant  # an empty twin proves nothing
    assert mutant.expected <= set(mutated.broken), f"{mutant.breaks} must be broken, {mutated.broken} are"
