"""Replicas: faults of the store's own processes - killed, paused, or there twice."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial

from checkout.faults.fault import Fault
from checkout.processes.supervisor import Supervisor
from checkout.settings import as_environment
from checkout.system.deadline import wait_until
from checkout.system.ports import free_port, is_free

ENDED_WITHIN = 20.0  # seconds
TWIN_STARTS_WITHIN = 60.0  # seconds
TWIN_ENDS_WITHIN = 20.0  # seconds after SIGTERM
TORN_BYTES = 40  # of the last line of a journal


def killed(store: Supervisor, *replicas: str) -> Fault:
    """kill -9 of these replicas at the same time; they are started again at the end."""

    def inject() -> None:
        for replica in replicas:
            os.kill(store.processes[replica].pid.number, signal.SIGKILL)
        wait_until(lambda: set(replicas) <= set(dict(store.crashed())), ENDED_WITHIN)

    return Fault(f"kill -9 of {_joined(replicas)}", replicas, inject, lambda: start_again(store, replicas), True)


def terminated(store: Supervisor, *replicas: str) -> Fault:
    """SIGTERM to these replicas, which end cleanly; they are started again at the end."""

    def inject() -> None:
        for replica in replicas:
            store.processes[replica].pid.terminate()
        wait_until(lambda: set(replicas) <= set(dict(store.crashed())), ENDED_WITHIN)

    return Fault(f"SIGTERM to {_joined(replicas)}", replicas, inject, lambda: start_again(store, replicas), True)


def paused(store: Supervisor, *replicas: str) -> Fault:
    """SIGSTOP of these replicas; at the end they go on where they were."""

    def send(number: signal.Signals) -> None:
        for pid in [store.processes[replica].pid for replica in replicas]:
            if pid.is_alive():
                os.kill(pid.number, number)

    return Fault(
        f"SIGSTOP of {_joined(replicas)}", replicas, lambda: send(signal.SIGSTOP), lambda: send(signal.SIGCONT)
    )


def crashing(store: Supervisor, replica: str, **settings: str) -> Fault:
    """A replica that is started again with these settings, such as `crash_at`, and kills itself when it comes there.

    One that has not come there is killed at the end.
    """

    point, inject = ", ".join(settings.values()), partial(store.restart, replica, **settings)
    return Fault(f"crash of {replica} at {point}", [replica], inject, killed(store, replica).heal, True)


def doubled(store: Supervisor, replica: str) -> Fault:
    """A second process with the name of a replica, which runs beside it until the end; one of them ends by itself."""
    second: list[subprocess.Popen[bytes]] = []

    def inject() -> None:
        name, path, port = replica.rpartition("-")[0], store.settings.home / "logs" / f"{replica}-twin.log", free_port()
        command = [sys.executable, "-m", "checkout.processes.service_process", name, replica, str(port)]
        environment = os.environ | as_environment(store.settings)
        with path.open("ab") as log:
            # Its standard input stays open as long as this process runs; a service ends when it is closed.
            second.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment))
        wait_until(lambda: not is_free(port) or second[-1].poll() is not None, TWIN_STARTS_WITHIN)

    def heal() -> None:
        child = second.pop()
        child.terminate()
        child.communicate(timeout=TWIN_ENDS_WITHIN)
        store.restart(replica)  # it may be about to end, because the other took its name
        store.wait_until_ready([replica])

    return Fault(f"a second {replica}", [replica], inject, heal, True)


def with_registry(store: Supervisor, replica: str, registry: str, what: str) -> Fault:
    """A replica that runs with another registry, such as one that shifts its clock, until the end."""

    def restart(**settings: str) -> None:
        store.restart(replica, **settings)
        store.wait_until_ready([replica])

    return Fault(f"{what} of {replica}", [replica], lambda: restart(registry=registry), restart, True)


def without_disk(store: Supervisor, *replicas: str) -> Fault:
    """A full disk, for these replicas: none of them can write to a file; sockets and pipes are not affected.

    Their limit for the size of files is 0, so that every write fails with EFBIG in place of ENOSPC. Linux only.
    """

    def limit(soft: int) -> None:
        for replica in replicas:
            number = store.processes[replica].pid.number
            resource.prlimit(number, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

    full, free = (lambda: limit(0)), (lambda: limit(resource.RLIM_INFINITY))
    return Fault(f"full disk of {_joined(replicas)}", replicas, full, free)


def with_torn_journal(store: Supervisor, replica: str) -> Fault:
    """kill -9 of a replica whose journal file lost the end of its last line, as after a power failure."""
    kill = killed(store, replica)

    def inject() -> None:
        kill.inject()
        path = store.settings.home / "journal" / f"{replica}.jsonl"
        os.truncate(path, max(0, path.stat().st_size - TORN_BYTES))

    return Fault(f"torn journal of {replica}", [replica], inject, kill.heal, True)


def start_again(store: Supervisor, replicas: Sequence[str]) -> None:
    """Starts ended replicas and waits until they are ready. Raises ShopError."""
    for replica in replicas:
        store.launch(replica)
    if replicas:
        store.wait_until_ready(replicas)


def _joined(replicas: Sequence[str]) -> str:
    return ", ".join(replicas)
