"""Kafka cache: an ahead-of-time cache of the broker's classes, with which Java starts it in half the time.

`python -m checkout.local_kafka.aot_cache` makes it, in some ten seconds of a separate broker's life.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from checkout.local_kafka.broker_process import Node, broker_nodes, launch, new_id, prepare
from checkout.local_kafka.download import class_path, features, locked, shared_folder
from checkout.local_kafka.probe import answers
from checkout.system.pid import Pid, processes_called
from checkout.system.ports import is_free

TIME_LIMIT = 180  # seconds


def options(jars: str) -> list[str]:
    """What Java is told to use the cache; nothing while there is none."""
    return [f"-XX:AOTCache={_cache(jars)}"] if _cache(jars).exists() else []


def discard(jars: str) -> None:
    """Forgets a cache that has turned out to be damaged."""
    _cache(jars).unlink(missing_ok=True)


def make_in_background(jars: str) -> Pid | None:
    """Has the cache made by a process that nobody waits for; None when it is there."""
    if _cache(jars).exists():
        return None
    nothing = subprocess.DEVNULL
    command = [sys.executable, "-m", __name__]
    process = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
    process.returncode = 0  # it may outlive this process, and Popen would warn of that
    return Pid.of(process.pid)


def make() -> None:
    """Makes the cache, unless it is there; the second of two at a time waits and finds it."""
    jars = class_path(lambda what, share: None)
    with locked(shared_folder(jars) / "training.lock"):
        if not _cache(jars).exists():
            _clear(shared_folder(jars))
            with tempfile.TemporaryDirectory(prefix="training-", dir=shared_folder(jars)) as home:
                _train(_free_node(Path(home)), jars)


def _cache(jars: str) -> Path:
    return shared_folder(jars) / "kafka.aot"


def _train(node: Node, jars: str) -> None:
    made = node.home / "kafka.aot"
    prepare(node, new_id(), features(jars))
    broker = launch(node, jars, f"-XX:AOTCacheOutput={made}")
    try:
        while broker.is_alive() and not answers(node.listener):
            time.sleep(0.05)
        broker.terminate()
        while broker.is_alive():  # Java writes the cache when it ends
            time.sleep(0.05)
        made.replace(_cache(jars))
    finally:
        broker.kill_with_children()


def _clear(folder: Path) -> None:
    for left in folder.glob("training-*"):
        for lost in processes_called("kafka.Kafka", str(_node(left, 1).properties)):
            lost.kill_with_children()
        shutil.rmtree(left, ignore_errors=True)


def _free_node(home: Path) -> Node:
    candidates = (_node(home, port_base) for port_base in random.sample(range(9_000, 21_000, 2), 100))
    return next(node for node in candidates if is_free(node.listener) and is_free(node.controller))


def _node(home: Path, port_base: int) -> Node:
    return broker_nodes(home, port_base, 1)[0]


if __name__ == "__main__":
    for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(wanted, lambda number, frame: sys.exit(1))
    signal.alarm(TIME_LIMIT)
    os.nice(10)
    make()
