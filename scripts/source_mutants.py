"""Source mutants: changes of the code that tests must notice: in a copy with one the tests named with it must fail."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
COPIED = ("checkout", "tests", "diagrams", "notebooks", "scripts", "docs", "pyproject.toml", "README.md")


class Mutant(NamedTuple):
    """A change of one file, and the tests that must fail with it."""

    name: str
    file: str
    before: str
    after: str
    tests: str


MUTANTS = (
    Mutant("row locks removed", "framework/sql.py", ".order_by(key).with_for_update()", ".order_by(key)",
           "worker/test_contention.py"),
    Mutant("claims without a lock", "worker/outbox.py", "query.with_for_update(skip_locked=True, of=OUTBOX)", "query",
           "worker/test_contention.py"),
    Mutant("a lease of one second", "worker/claims.py", "LEASE = timedelta(seconds=15)", "LEASE = timedelta(seconds=1)",
           "worker/test_contention.py"),
    Mutant("a lease that is never renewed", "worker/claims.py", "    outbox.renew_lease(db, replica, at)\n", "",
           "worker/test_claims.py"),
    Mutant("a reply that fails is dropped", "worker/worker.py",
           'self.external_calls.repeat(delivery.result, f"the reply cannot be handled: {error}")', "pass",
           "worker/test_given_up_calls.py"),
    Mutant("a request that fails is never answered", "worker/worker.py", "delivery.request.fail(error)", "pass",
           "services/test_orders_over_http.py"),
    Mutant("marks are cleared before the commit", "worker/worker.py",
           "        if readable or rows:\n            with self.database.begin() as db:",
           "        if readable or rows:\n            marks, self.unmarked = self.unmarked, []\n"
           "            with self.database.begin() as db:",
           "worker"),
    Mutant("close does not mark what was sent", "worker/worker.py",
           "        self.mark_sent()\n        with contextlib.suppress(LogUnavailable):",
           "        with contextlib.suppress(LogUnavailable):", "worker"),
    Mutant("redirects are followed", "worker/calls/adapters.py", "follow_redirects=False", "follow_redirects=True",
           "worker/test_http_responses.py"),
    Mutant("uncommitted records are read", "messaging/clients/kafka_consumer.py", '"read_committed"',
           '"read_uncommitted"', "messaging/test_foreign_producers.py"),
    Mutant("one replica acknowledges", "messaging/clients/kafka_producer.py", '"acks": "all"', '"acks": 1',
           "messaging/test_foreign_producers.py"),
    Mutant("the loop swallows every exception", "processes/worker_loop.py",
           "            except UNAVAILABLE as error:\n                self.is_ready = False",
           "            except Exception as error:\n                self.is_ready = False", "processes"),
    Mutant("an exhausted pool is no fault of the database", "worker/database.py", ", PoolTimeout, ", ", ",
           "worker/test_database_faults.py"),
    Mutant("calls are never given up", "worker/calls/external_calls.py",
           "if is_late and not result.given_up:", "if False:", "worker/test_given_up_calls.py"),
    Mutant("the age of a call begins at a restart", "worker/calls/external_calls.py", "self._clock() - self._age(row)",
           "self._clock()", "worker/test_given_up_calls.py"),
    Mutant("open outbox rows are pruned", "worker/retention.py", " AND done_at IS NOT NULL", "",
           "worker/test_retention.py"),
    Mutant("new inbox rows are pruned", "worker/retention.py", "AND at < :before", "AND 1 = 1",
           "worker/test_retention.py"),
    Mutant("headers may drip for ever", "worker/calls/http_deadline.py",
           "time.monotonic() + self._seconds", 'float("inf")', "worker/test_http_responses.py"),
    Mutant("a repeated PlaceOrder makes the order anew", "services/orders.py",
           "if known := orders.get(command.id):", "if known := None:", "services/test_orders_over_http.py"),
    Mutant("every version is read", "worker/hops.py", 'if version.partition(".")[0] == str(message.major_version):',
           "if True:", "worker/test_deliveries.py"),
    Mutant("the id of a key needs no salt", "ids.py", "uuid.uuid5(salt, key)", "uuid.uuid5(uuid.NAMESPACE_OID, key)",
           "test_ids.py"),
)  # fmt: skip


def is_caught(mutant: Mutant, copy: Path) -> bool:
    """Whether the tests fail with the mutant. Raises ValueError if the code to change is not there."""
    path = copy / "checkout" / mutant.file
    original = path.read_text()
    if mutant.before not in original:
        raise ValueError(f"{mutant.name}: {mutant.file} lacks {mutant.before!r}")
    path.write_text(original.replace(mutant.before, mutant.after))
    try:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not browser"]
        done = subprocess.run(
            [*command, f"tests/{mutant.tests}"], cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)},
            capture_output=True, text=True, timeout=600,
        )  # fmt: skip
    finally:
        path.write_text(original)
    if done.returncode not in (0, 1):  # else tests that cannot run would count as tests that notice nothing
        sys.exit(f"{mutant.name}: its tests did not run: {done.stdout}{done.stderr}")
    last = (done.stdout.strip().splitlines() or [""])[-1]
    print(f"{'caught  ' if done.returncode == 1 else 'SURVIVED'} {mutant.name}: {last}", flush=True)
    return done.returncode == 1


def main() -> None:
    """Tries all mutants, or those whose names contain the argument; exit status 1 if one survives."""
    parser = argparse.ArgumentParser(prog="scripts/source-mutants", description=__doc__)
    parser.add_argument("name", nargs="?", default="", help="only mutants whose names contain this")
    mutants = [mutant for mutant in MUTANTS if parser.parse_args().name in mutant.name]
    if not mutants:
        parser.error("no mutant has this in its name")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "nightly"))
            else:
                shutil.copy(ROOT / name, copy / name)
        caught = [is_caught(mutant, copy) for mutant in mutants]
    print(f"{sum(caught)} of {len(caught)} mutants caught")
    sys.exit(not all(caught))


if __name__ == "__main__":
    main()
