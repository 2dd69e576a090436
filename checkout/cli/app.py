"""App: every command of the command line, its options, and how its errors end."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from checkout import __version__
from checkout.c4.cli import make_app
from checkout.errors import CheckoutError

GOOD, FOUND, WRONG_USAGE, CANNOT_JUDGE = 0, 1, 2, 3
QUIET: dict[str, Any] = {"rich_markup_mode": None, "no_args_is_help": True, "add_completion": False}

app = typer.Typer(name="checkout", help="An online store's checkout on Apache Kafka.", **QUIET)
kafka = typer.Typer(help="The local Kafka broker.", **QUIET)
app.add_typer(kafka, name="kafka")
app.add_typer(make_app(lambda: _code_arrows()), name="diagrams")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PortBase = Annotated[int | None, typer.Option(help="Move all ports: web is the first.")]
Scale = Annotated[list[str] | None, typer.Option(help="Replicas, as SERVICE=N; may be repeated.")]
Postgres = Annotated[bool, typer.Option(help="A PostgreSQL database per service.")]


@app.callback(invoke_without_command=True)
def checkout(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """An online store's checkout on Apache Kafka: run it, look into it."""
    if version:
        print(f"checkout {__version__}")
        raise typer.Exit


@app.command()
def demo() -> None:
    """Three orders, end to end, on real processes; ends with 0 only if all went as told."""
    from checkout.cli.demo import run

    raise typer.Exit(run())


@app.command()
def up(
    scale: Scale = None,
    partitions: Annotated[int | None, typer.Option(help="Partitions of each topic.")] = None,
    postgres: Postgres = False,
    brokers: Annotated[int | None, typer.Option(help="1 or 3.")] = None,
    port_base: PortBase = None,
) -> None:
    """The store in the foreground; Ctrl-C stops all of it."""
    from checkout.cli.up import run

    run(scale or [], postgres, partitions=partitions, brokers=brokers, port_base=port_base)


@app.command()
def lab(
    port: Annotated[int | None, typer.Option(help="Of the server; else 8888, or the next that is free.")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    allow_root: Annotated[bool, typer.Option("--allow-root", help="Start although root asks for it.")] = False,
) -> None:
    """JupyterLab with the notebooks; Ctrl-C ends it."""
    from checkout.cli.jupyterlab import run

    run(port, browser, allow_root)


@app.command()
def services(
    stock: Annotated[int, typer.Option(help="How many of each product are on hand.")] = 1_000_000,
    scale: Scale = None,
    partitions: Annotated[int | None, typer.Option(help="Partitions of each topic.")] = None,
    postgres: Postgres = False,
    port_base: PortBase = None,
) -> None:
    """Only the five Kafka services, outside systems in process, for a load driver."""
    from checkout.cli.up import run_services

    run_services(stock, scale or [], postgres, partitions=partitions, port_base=port_base)


@app.command()
def bench(
    orders: Annotated[int, typer.Option(min=1, help="How many orders in the burst.")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="How many times.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Orders per second through the five Kafka services, with checked invariants."""
    from checkout.cli.bench import run

    raise typer.Exit(run(orders, rounds, as_json))


@app.command()
def order(
    product: Annotated[list[int] | None, typer.Option(help="A SKU; may be repeated.")] = None,
    quantity: Annotated[list[int] | None, typer.Option(help="How many of each product.")] = None,
    customer: Annotated[str, typer.Option(help="The customer's name.")] = "Ada",
    email: Annotated[str, typer.Option(help="The customer's e-mail address.")] = "ada@example.org",
    pay: Annotated[str, typer.Option(help="credit or debit")] = "credit",
    follow: Annotated[bool, typer.Option(help="Show its journey until it ends.")] = False,
) -> None:
    """Place an order at the gateway."""
    from checkout.cli import client

    client.place(product or [1], quantity or [], customer, email, pay, follow)


@app.command()
def orders(
    id: Annotated[str | None, typer.Argument(metavar="ID", help="An order's id.")] = None, as_json: AsJson = False
) -> None:
    """How the orders stand, or one of them."""
    from checkout.cli import client

    client.list_orders(id, as_json)


@app.command()
def journey(id: Annotated[str, typer.Argument(metavar="ID", help="An order's id.")], as_json: AsJson = False) -> None:
    """What became of an order, arrow by arrow."""
    from checkout.cli import client

    client.show_journey(id, as_json)


@app.command()
def messages(
    order: Annotated[str | None, typer.Option(help="Only this order's.")] = None,
    topic: Annotated[str | None, typer.Option(help="Only this topic's.")] = None,
    follow: Annotated[bool, typer.Option(help="Go on until Ctrl-C.")] = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """What stands on the topics."""
    from checkout.cli import client

    client.show_messages(order, topic, follow, "json" if as_json else "csv" if as_csv else "table")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Is this machine able to run the store?"""
    from checkout.cli import doctor

    raise typer.Exit(doctor.examine(as_json))


@kafka.command("start")
def kafka_start(
    brokers: Annotated[int | None, typer.Option(help="1 or 3.")] = None, port_base: PortBase = None
) -> None:
    """Start the local Kafka and keep it until `checkout kafka stop`."""
    from checkout.cli import doctor

    doctor.start_kafka(brokers=brokers, port_base=port_base)


@kafka.command("stop")
def kafka_stop() -> None:
    """Stop the local Kafka; its topics stay on disk."""
    from checkout.cli import doctor

    doctor.stop_kafka()


@kafka.command("status")
def kafka_status(as_json: AsJson = False) -> None:
    """Is the local Kafka running, and for whom? Ends with 1 when it is not."""
    from checkout.cli import doctor

    raise typer.Exit(doctor.kafka_status(as_json))


def _code_arrows() -> Sequence[dict[str, object]]:
    from checkout.registry import code_arrows

    return code_arrows()


def main() -> None:
    """Runs the command; an error we know is told in a line or two, with its exit code and no traceback."""
    try:
        app(prog_name="checkout")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(GOOD)
    except CheckoutError as error:
        print(f"checkout: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
