"""Replacement: puts another service, or a program, in the place of a service."""

from checkout.framework.service import Service
from checkout.lab.engine.environment import Environment
from checkout.lab.errors import LabError
from checkout.lab.partitions.partition_state import MemberState
from checkout.lab.programs.program import Program
from checkout.registry import STORE


def replace(
    environment: Environment, service: str, by: type[Service] | Service | Program, keep_database: bool = False
) -> None:
    """Replaces a service by another of the same name, or by a program; its group and committed offsets stay.

    A service gets a new database, or with `keep_database` continues with the data: it is another version with the same
    tables. A program runs in a process of its own, which ends when the lab closes; `run` waits until it has committed
    what it reads. Raises LabError if names or kept tables differ, if a replica has work in progress, and for a program
    in a lab in memory.
    """
    environment.of(service)
    if isinstance(by, Program):
        _start(environment, service, by)
        return
    new = by() if isinstance(by, type) else by
    kind = type(new).__name__
    if new.name != service:
        raise LabError(f"{kind} is named {new.name!r}: it cannot replace {service!r}")
    if keep_database and new.tables is not environment.services[service].tables:
        raise LabError(f"{kind} has other tables than {service}: it needs a new database")
    for replica in environment.of(service):  # else the next version sends the last messages again
        replica.worker.mark_sent()
    environment.remove_replicas(service)
    _stop_program(environment, service)
    if not keep_database:
        environment.databases.pop(service).close()
    environment.add_service(new, environment.databases.get(service))
    environment.note(service, "Replace", f"{kind} replaces {service}")


def _start(environment: Environment, service: str, program: Program) -> None:
    session, broker = environment.session, environment.broker
    options = {"bootstrap-servers": session.address(), "prefix": session.full_name("")}
    options |= {"group": session.full_name(service), "payment-provider": serve(environment, "payment_broker")}
    environment.remove_replicas(service)
    _stop_program(environment, service)
    running = environment.programs.start(service, program, list(environment.services[service].topics()), options)
    running.noted = {partition: lag.committed for partition, lag in broker.lags(service, running.reads).items()}
    environment.partitions.subscribe(service, running.reads)
    environment.partitions.set_member(service, program.file.name, MemberState.RUNNING)
    environment.note(service, "Replace", f"{program} replaces {service}")


def _stop_program(environment: Environment, service: str) -> None:
    if running := environment.programs.running.get(service):
        environment.partitions.set_member(service, running.program.file.name, None)
    environment.programs.stop(service)


def serve(environment: Environment, system: str) -> str:
    """Serves an external system over HTTP on a free port of this machine until the lab closes, and returns its URL.

    `system`: payment_broker, shipment_company or mailbox. Raises LabError for another name.
    """
    if system not in STORE.external_systems:
        raise LabError(f"there is no external system {system!r}: there are {', '.join(STORE.external_systems)}")
    return environment.programs.serve(system, environment.system(system))
