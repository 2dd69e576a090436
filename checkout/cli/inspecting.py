"""Inspecting: the commands that judge a store, an order or this machine: `checkout check` and `checkout doctor`."""

from pathlib import Path
from typing import Annotated

import typer

from checkout.cli.groups import AsJson


def check(
    client_log: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the clients have requested and got, one JSON line per request."),
    ] = None,
    invariant: Annotated[
        list[str] | None, typer.Option(metavar="I5", help="Check only this invariant; repeatable.  [default: all]")
    ] = None,
    wait: Annotated[
        int, typer.Option(metavar="SECONDS", min=0, help="Wait until no order is under way, for at most SECONDS.")
    ] = 10,
    as_json: AsJson = False,
) -> None:
    """Check that the store lost nothing and did nothing twice.

    Reads the topics, the databases and the external systems, and needs only Kafka: the services may be killed. Exit
    status: 0 none is broken, 1 one is, or there is nothing to check, 3 none could be checked.
    """
    from checkout.cli.running.check import run

    raise typer.Exit(run(client_log, invariant or [], wait, as_json))


def doctor(
    order: Annotated[str, typer.Argument(metavar="ORDER", hidden=True)] = "", as_json: AsJson = False
) -> None:
    """Check this machine, or say what the order ORDER waits for.

    With ORDER: where the order is, what it waits for and why; exit status 1 while it waits. Without: whether this
    machine can run the store.
    """
    from checkout.cli import doctor
    from checkout.cli.orders import order_doctor

    raise typer.Exit(order_doctor.run(order, as_json) if order else doctor.run(as_json))
