"""Covering windows: a service is killed once in each of the 56 windows, on processes and Kafka; all invariants hold."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from checkout.crash_windows.plan import covering
from checkout.crash_windows.results import CrashReport, WindowOutcome
from checkout.crash_windows.run import CrashRun
from checkout.crash_windows.stores import running_store
from checkout.crash_windows.windows import Window
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import Supervisor
from checkout.settings import Settings

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(400)]
RESULTS = Path(os.environ.get("CHECKOUT_TEST_RESULTS", ".test-results"))
SEED = 14


@pytest.mark.parametrize(("replicas", "windows"), covering().items(), ids=["one replica", "two replicas"])
def test_all_invariants_hold_after_a_crash_in_each_window(
    kafka: str, postgres: str, tmp_path: Path, new_port_base: Callable[[], int], replicas: int,
    windows: Sequence[Window],
) -> None:  # fmt: skip
    url, prefix = (postgres if replicas > 1 else ""), f"crashes-{replicas}--"
    home, port_base = tmp_path / "home", new_port_base()
    settings = Settings(home=home, bootstrap_servers=kafka, prefix=prefix, port_base=port_base, database_url=url)
    report = CrashReport()

    with store_on(settings, replicas) as store, closing(CrashRun(store, SEED)) as crash_run:
        results = crash_run.run(windows)
        report.add(results, crash_run.customers.orders, crash_run.verdict.report)
        if not report.is_good:
            shutil.copytree(home, RESULTS / "crash-windows" / str(replicas), dirs_exist_ok=True)

    print(report.table(), report.summary, sep="\n")
    assert [r.window for r in results if r.outcome is WindowOutcome.NOT_HIT] == []
    assert [problem for r in results for problem in r.problems] == []
    assert len(results) == len(windows) == 28
    assert report.orders > 100
    assert len(report.checked) == 23


@contextmanager
def store_on(settings: Settings, replicas: int) -> Iterator[Supervisor]:
    with running_store(settings, replicas) as store:
        yield store
    with closing(KafkaBroker(settings.bootstrap_servers, settings.prefix)) as broker:
        broker.delete()
