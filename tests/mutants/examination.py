"""Examination: runs a story with and without a mutant, and lets the checker say which invariants each run breaks."""

import contextlib
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from mutants.mutant import Mutant
from mutants.observed_shop import ObservedShop

from checkout.checker.check import check
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


def report(mutant: Mutant, new_shop: Callable[..., ObservedShop], change: Callable[[], object]) -> Report:
    """What the checker finds after the story of a mutant, during which the code is changed in this way."""
    with contextlib.redirect_stdout(io.StringIO()) as printed, change():  # type: ignore[attr-defined]
        service = {"service": mutant.service()} if mutant.service else {}
        with tempfile.TemporaryDirectory() as folder, contextlib.closing(new_shop(Path(folder), **service)) as shop:
            shop.printed = printed.getvalue
            mutant.run(shop)
            return check(shop.witnesses())
