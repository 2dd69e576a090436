"""AOT cache: an ahead-of-time cache of the broker's classes, with which Java starts it in half the time.

`python -m checkout.local_kafka.aot_cache` makes it by running a separate broker for about ten seconds.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from checkout.local_kafka.broker_config import BrokerConfig, broker_configs
from checkout.local_kafka.broker_process import find_processes, start_broker
from checkout.local_kafka.download import class_path, derived_folder, no_progress
from checkout.local_kafka.probe import is_serving
from checkout.local_kafka.storage import format_storage, random_uuid
from checkout.system.file_lock import locked
from checkout.system.pid import Pid
from checkout.system.ports import free_port_base


def java_options(jars: str) -> list[str]:
    """Returns the options that make Java use the cache; none while there is no cache."""
    return [f"-XX:AOTCache={_file(jars)}"] if _file(jars).exists() else []


def discard(jars: str) -> None:
    """Deletes a damaged cache."""
    _file(jars).unlink(missing_ok=True)


def make_in_background(jars: str) -> Pid | None:
    """Starts a process that makes the cache, and does not wait for it. Returns None when the cache exists."""
    if _file(jars).exists():
        return None
    return Pid.start([sys.executable, "-m", __name__], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make() -> None:
    """Makes the cache unless it exists. Of several processes, one makes it and the others wait."""
    jars = class_path(no_progress)
    folder = derived_folder(jars)
    with locked(folder / "training.lock"):
        if not _file(jars).exists():
            _remove_abandoned(folder)
            with tempfile.TemporaryDirectory(prefix="training-", dir=folder) as home:
                _train(broker_configs(Path(home), free_port_base(), 1)[0], jars)


def _file(jars: str) -> Path:
    return derived_folder(jars) / "kafka.aot"


def _train(broker: BrokerConfig, jars: str) -> None:
    output = broker.home / "kafka.aot"
    format_storage(broker, random_uuid(), jars)
    process = start_broker(broker, jars, f"-XX:AOTCacheOutput={output}")
    try:
        while process.is_alive() and not is_serving(broker.port):
            time.sleep(0.05)
        process.terminate()
        while process.is_alive():  # Java writes the cache when it exits
            time.sleep(0.05)
        output.replace(_file(jars))
    finally:
        process.kill_with_children()


def _remove_abandoned(folder: Path) -> None:
    for home in folder.glob("training-*"):
        for process in find_processes(broker_configs(home, 1, 1)[0]):
            process.kill_with_children()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, lambda *_: sys.exit(1))
    signal.alarm(180)  # seconds
    os.nice(10)
    make()
