"""Kafka state: what one home remembers of its Kafka from command to command: its cluster, processes and users."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from checkout.local_kafka.broker_process import new_id
from checkout.local_kafka.download import locked
from checkout.system.pid import Pid


class State(msgspec.Struct):
    """A cluster of as many brokers as its data are for; of none, while there are no data."""

    cluster_id: str
    brokers: int = 0
    port_base: int = 0
    processes: dict[int, Pid] = {}  # by the broker's number
    users: list[Pid] = []  # with repeats: a process may use it several times
    kept: bool = False  # until `stop`, whoever uses it
    cache_maker: Pid | None = None

    def runs(self, number: int) -> bool:
        """Whether this broker's process lives."""
        return number in self.processes and self.processes[number].is_alive()

    def running(self) -> list[int]:
        """The numbers of the brokers that run."""
        return [number for number in sorted(self.processes) if self.runs(number)]

    def living_users(self) -> list[Pid]:
        """Those who use it and have not ended since."""
        return [user for user in self.users if user.is_alive()]


def read(home: Path) -> State:
    """The state as it was last written; where that is lost, what the data folders say."""
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode(_file(home).read_bytes(), type=State)
    formatted = [file.read_text() for file in _file(home).parent.glob("broker-*/meta.properties")]
    cluster_id = re.search(r"cluster\.id=(.+)", formatted[0]) if formatted else None
    return State(cluster_id[1] if cluster_id else new_id(), len(formatted))


def write(home: Path, state: State) -> None:
    """Replaces the file as a whole, so that who is killed here leaves the old one."""
    draft = _file(home).with_suffix(".draft")
    draft.write_bytes(msgspec.json.encode(state))
    draft.replace(_file(home))


@contextlib.contextmanager
def changing(home: Path) -> Iterator[State]:
    """The state, written again at the end; others who would change it wait meanwhile."""
    _file(home).parent.mkdir(parents=True, exist_ok=True)
    with locked(_file(home).with_name("lock")):
        state = read(home)
        try:
            yield state
        finally:
            write(home, state)


def _file(home: Path) -> Path:
    return home / "kafka" / "state.json"
