"""Worker loop: waits while Kafka or the database is away, and ends the process for anything else."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from sample import FIRST

from checkout.messaging.log import LogUnavailable, ReplicaReplaced
from checkout.processes.worker_loop import WorkerLoop


class StubWorker:
    """A worker whose verbs are counted, and fail as `failures` says; its loop stops after two turns."""

    replica = "stock-1"
    batch: Sequence[Any] = ()

    def __init__(self, stopping: threading.Event, **failures: list[Exception]) -> None:
        self.log, self.calls, self._stopping, self._failures = self, list[str](), stopping, failures

    def assignment(self) -> set[tuple[str, int]]:
        return {("t", 0)}

    def __getattr__(self, verb: str) -> Callable[..., None]:
        def call(*_: Any, is_reachable: bool = True) -> None:
            self.calls.append(verb if is_reachable else f"{verb} without Kafka")
            if self._failures.get(verb):
                raise self._failures[verb].pop(0)
            if self.calls.count("poll") == 2:
                self._stopping.set()

        return call


def run(batch: Sequence[Any] = (), **failures: list[Exception]) -> StubWorker:
    stopping = threading.Event()
    worker: Any = StubWorker(stopping, **failures)
    worker.batch = batch
    WorkerLoop(worker, worker, stopping, needs_partitions=True).run()
    return worker  # type: ignore[no-any-return]


def test_every_verb_is_called_in_turn_while_a_database_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    worker = run(handle=[sqlite3.OperationalError("the database is away")])

    assert worker.calls == ["poll", "handle", "publish", "commit", "prune"] * 2
    assert "stock-1 waits: the database is away" in capsys.readouterr().out


def test_kafka_is_not_asked_twice_in_a_turn_in_which_it_does_not_answer() -> None:
    worker = run(publish=[LogUnavailable("Kafka is away")])

    first, second = worker.calls[:5], worker.calls[5:]
    assert first == ["poll", "handle", "publish", "commit without Kafka", "prune"]
    assert second == ["poll", "handle", "publish", "commit", "prune"]


def test_a_repeat_with_other_content_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    repeat, changed = (SimpleNamespace(id=FIRST, source="t", is_changed=is_changed) for is_changed in (False, True))

    run(batch=[repeat, changed])

    report = f"stock-1: a record of order {FIRST} on t came again with other content: dropped"
    assert capsys.readouterr().out.count(report) == 2  # once in each of two turns


def test_a_replica_whose_name_another_process_has_taken_ends() -> None:
    with pytest.raises(ReplicaReplaced, match="another process"):
        run(poll=[ReplicaReplaced("another process is stock-1 now")])


@pytest.mark.parametrize("verb", ["poll", "handle", "publish", "commit", "prune"])
def test_an_unexpected_error_ends_the_loop(verb: str) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        run(**{verb: [RuntimeError("a bug")]})
