"""Up: `checkout up` and `services`, the store in the foreground; reports crashes and stops everything at Ctrl-C."""

import contextlib
import os
import select
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from checkout.cli.output import err, out, table
from checkout.cli.progress import progress_bar
from checkout.processes.shop_file import ShopError
from checkout.processes.supervisor import KAFKA_SERVICES, Supervisor
from checkout.registry import load_registry
from checkout.settings import SIMULATED, Settings, WrongSetting, read_settings

STOP_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
CHECK_EVERY = 0.5  # seconds between two looks at the processes
MOST_REPLICAS = 16
KAFKA_STOPPED = (
    "Kafka has stopped. Messages wait in the databases of the services: start Kafka again with `checkout kafka start`."
)
KAFKA_RUNS_AGAIN = "Kafka runs again; the waiting messages are being sent."


def run(scale: Sequence[str], postgres: bool, **overrides: Any) -> None:
    """Runs the whole store until Ctrl-C."""
    with running_shop(scale, postgres, **overrides) as supervisor:
        show_addresses(supervisor)
        web = supervisor.processes.get("web-1")
        ready = f"The shop is open at [bold]{web.address}[/bold]" if web else "All processes are ready"
        out.print(f"{ready}. Press Ctrl-C to stop the store.")
        monitor(supervisor)


def run_services(stock: int, scale: Sequence[str], postgres: bool, **overrides: Any) -> None:
    """Runs the five Kafka services with simulated external systems until Ctrl-C."""
    with running_shop(scale, postgres, KAFKA_SERVICES, stock=stock, **SIMULATED, **overrides) as supervisor:
        show_addresses(supervisor)
        out.print(f"Kafka answers at {supervisor.settings.bootstrap_servers}. Press Ctrl-C to stop the services.")
        monitor(supervisor)


@contextlib.contextmanager
def running_shop(
    scale: Sequence[str], postgres: bool, containers: Sequence[str] = (), **overrides: Any
) -> Iterator[Supervisor]:
    """Starts containers (all by default) and gives their Supervisor when they are ready; stops them after the block."""
    replicas = parse_scale(scale)
    overrides["partitions"] = overrides.get("partitions") or max(replicas.values(), default=None)
    settings = read_settings(**overrides)
    _raise_interrupt_on_signals()
    with _database(settings, postgres) as url:
        settings = msgspec.structs.replace(settings, database_url=url)
        with progress_bar() as progress:
            supervisor = Supervisor(settings, replicas, progress)
            supervisor.start(containers)
        try:
            yield supervisor
        finally:
            _ignore_signals()
            supervisor.stop()


def monitor(supervisor: Supervisor) -> None:
    """Reports crashed processes and stopped brokers until Ctrl-C; Enter starts crashed processes again."""
    try:
        _monitor(supervisor)
    except KeyboardInterrupt:
        err.print("stopping")


def _monitor(supervisor: Supervisor) -> None:
    reported, brokers = set[str](), supervisor.brokers()
    while True:
        for replica, status in supervisor.crashed():
            if replica not in reported:
                reported.add(replica)
                _report_crash(supervisor, replica, status)
        if brokers != (now := supervisor.brokers()):
            brokers = now
            err.print(describe_brokers(*now), markup=False)
        if _enter_pressed(CHECK_EVERY) and reported:
            _restart(supervisor, sorted(reported))
            reported.clear()


def describe_brokers(running: int, brokers: int) -> str:
    """What a change of the number of running brokers means for the store; a majority keeps a cluster available."""
    if running == brokers:
        return KAFKA_RUNS_AGAIN
    if running > brokers / 2:
        missing = "`checkout kafka start` starts the missing one"
        return f"{running} of {brokers} Kafka brokers are running, and the cluster stays available: {missing}."
    return KAFKA_STOPPED


def _restart(supervisor: Supervisor, replicas: Sequence[str]) -> None:
    for replica in replicas:
        supervisor.launch(replica)
    try:
        supervisor.wait_until_ready(replicas)
        err.print(f"Running again: {', '.join(replicas)}.")
    except ShopError as error:
        err.print(str(error), markup=False)


def show_addresses(supervisor: Supervisor) -> None:
    """Prints the address and process id of every process."""
    rows = [(process.replica, process.address, process.pid.number) for process in supervisor.processes.values()]
    out.print(table("", ("process", "address", "pid"), rows))


def _report_crash(supervisor: Supervisor, replica: str, status: int) -> None:
    how = f"by signal {-status}" if status < 0 else f"with exit status {status}"
    err.print(f"[bold]{replica} ended {how}.[/bold] Its messages wait in Kafka. The last lines of its log:")
    err.print(supervisor.last_lines(replica), markup=False)
    if sys.stdin.isatty():
        err.print("Press Enter to start it again, or Ctrl-C to stop the store.")


def _enter_pressed(seconds: float) -> bool:
    keyboards = [sys.stdin] if sys.stdin.isatty() else []
    ready, _, _ = select.select(keyboards, [], [], seconds)
    return bool(ready) and bool(os.read(sys.stdin.fileno(), 1_000))


def _raise_interrupt_on_signals() -> None:
    # A store in the background is stopped by SIGTERM, and by SIGHUP when its terminal closes, as by Ctrl-C.
    def interrupt(*_: object) -> None:
        _ignore_signals()
        raise KeyboardInterrupt

    for number in STOP_SIGNALS:
        signal.signal(number, interrupt)


def _ignore_signals() -> None:
    # A second Ctrl-C while the processes are being stopped would leave some of them behind.
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def parse_scale(scale: Sequence[str]) -> dict[str, int]:
    """The replicas by service of options such as `stock=2`. Raises WrongSetting."""
    replicas, services = dict[str, int](), load_registry(read_settings().registry).by_name
    for option in scale:
        name, _, count = option.partition("=")
        if name not in services or not count.isdigit() or not 1 <= int(count) <= MOST_REPLICAS:
            remedy = f"write SERVICE=N with N from 1 to {MOST_REPLICAS}, for one of {', '.join(services)}"
            raise WrongSetting(f"--scale {option}: {remedy}")
        replicas[name] = int(count)
    return replicas


def _database(settings: Settings, postgres: bool) -> contextlib.AbstractContextManager[str]:
    if settings.database_url or not postgres:
        return contextlib.nullcontext(settings.database_url)
    from checkout.processes.postgres import local_postgres

    return local_postgres(settings.home)
