"""State: the file in which a home folder keeps the cluster, processes and users of its Kafka between commands."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from checkout.local_kafka.storage import random_uuid
from checkout.system.file_lock import locked
from checkout.system.pid import Pid


class State(msgspec.Struct):
    """The local Kafka of one home folder. `brokers` is the number of formatted data folders, 0 before the first start.

    `users` are the processes that called `cluster.acquire`, once per call; `kept` that Kafka runs without them.
    """

    cluster_id: str
    brokers: int = 0
    port_base: int = 0
    processes: dict[int, Pid] = {}  # by broker number
    users: list[Pid] = []
    kept: bool = False
    cache_maker: Pid | None = None

    def running(self) -> dict[int, Pid]:
        """Returns the processes of the brokers that run, by broker number."""
        return {number: process for number, process in sorted(self.processes.items()) if process.is_alive()}

    def living_users(self) -> list[Pid]:
        """Returns the users that still run."""
        return [user for user in self.users if user.is_alive()]


def read(home: Path) -> State:
    """Returns the state of a home folder; if the file is missing or damaged, what the data folders show."""
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode(_file(home).read_bytes(), type=State)
    formatted = [file.read_text() for file in _file(home).parent.glob("broker-*/meta.properties")]
    cluster_id = re.search(r"cluster\.id=(.+)", formatted[0]) if formatted else None
    return State(cluster_id[1] if cluster_id else random_uuid(), len(formatted))


def write(home: Path, state: State) -> None:
    """Replaces the state file in one step, so that a crash leaves the old one."""
    draft = _file(home).with_suffix(".draft")
    draft.write_bytes(msgspec.json.encode(state))
    draft.replace(_file(home))


@contextlib.contextmanager
def locked_state(home: Path) -> Iterator[State]:
    """Returns the state for a `with` block and writes it at the end; other processes wait meanwhile."""
    _file(home).parent.mkdir(parents=True, exist_ok=True)
    with locked(_file(home).with_name("lock")):
        state = read(home)
        try:
            yield state
        finally:
            write(home, state)


def _file(home: Path) -> Path:
    return home / "kafka" / "state.json"
