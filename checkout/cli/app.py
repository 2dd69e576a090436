"""App: the commands of the command line, their options, and the exit status of errors."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from checkout import __version__
from checkout.c4.cli import Command, make_app
from checkout.cli import inspecting
from checkout.cli.groups import PLAIN, AsJson, Brokers, PortBase, Secured, dlt, kafka
from checkout.cli.missing_store import missing_store
from checkout.errors import CheckoutError

if TYPE_CHECKING:
    from checkout.c4.notations.asyncapi import AsyncApi

app = typer.Typer(name="checkout", **PLAIN)
app.add_typer(kafka, name="kafka")
app.add_typer(dlt, name="dlt")
app.command(cls=Command)(inspecting.check)
app.command(cls=Command)(inspecting.doctor)
app.add_typer(make_app(lambda: _code_arrows(), lambda: _asyncapi()), name="diagrams")

Scale = Annotated[
    list[str] | None,
    typer.Option(metavar="SERVICE=N", help="Run N replicas of a service, such as stock=2; repeatable."),
]
Partitions = Annotated[
    int | None, typer.Option(metavar="N", help="Partitions of each topic.  [default: 1, or the largest N of --scale]")
]
Postgres = Annotated[
    bool, typer.Option("--postgres", help="Give each service a PostgreSQL database instead of SQLite.")
]


@app.callback(invoke_without_command=True)
def checkout(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    """Run an online store's checkout on Apache Kafka, and look into it.

    `checkout COMMAND --help` describes one command. Exit status: 0 success, 1 the request failed, 2 wrong usage,
    3 something is missing that the command needs, such as a running store.
    """
    if version:
        print(f"checkout {__version__}")
        raise typer.Exit


@app.command(cls=Command)
def demo(every: Annotated[bool, typer.Option("--all", help="Run all eight stories, with refunds.")] = False) -> None:
    """Run three orders through the whole store and check how they end."""
    from checkout.cli.running.demo import run

    raise typer.Exit(run(every))


@app.command(cls=Command)
def lab(
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help="Port of the server.  [default: 8888, or the next free port]")
    ] = None,
    browser: Annotated[
        bool,
        typer.Option(
            "--browser/--no-browser",
            show_default=False,
            help="Open a browser, or only print the address.  [default: browser]",
        ),
    ] = True,
    allow_root: Annotated[bool, typer.Option("--allow-root", help="Start even for the user root.")] = False,
) -> None:
    """Start JupyterLab with the notebooks, until Ctrl-C."""
    from checkout.cli.running.jupyterlab import run

    run(port, browser, allow_root)


@app.command(cls=Command)
def up(
    scale: Scale = None,
    partitions: Partitions = None,
    postgres: Postgres = False,
    brokers: Brokers = None,
    port_base: PortBase = None,
    secured: Secured = None,
) -> None:
    """Start the store in the foreground, until Ctrl-C."""
    from checkout.cli.running.up import run

    run(scale or [], postgres, partitions=partitions, brokers=brokers, port_base=port_base, secured=secured)


@app.command(cls=Command)
def order(
    product: Annotated[
        list[int] | None, typer.Option(metavar="SKU", help="Product to order; repeatable.  [default: 1]")
    ] = None,
    quantity: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="Quantity of each product, in the order of --product.  [default: 1]"),
    ] = None,
    customer: Annotated[str, typer.Option(metavar="NAME", help="Name of the customer.")] = "Ada",
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="E-mail address of the customer.")] = "ada@example.org",
    pay: Annotated[
        Literal["credit", "debit"], typer.Option(metavar="credit|debit", case_sensitive=False, help="Payment method.")
    ] = "credit",
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait for the end of the order and show its journey.")
    ] = False,
) -> None:
    """Place an order and print its id."""
    from checkout.cli.orders import order_commands

    id = order_commands.place_order(product or [1], quantity or [], customer, email, pay)
    print(id, flush=True)
    if follow:
        from checkout.cli.orders.following import follow_order

        follow_order(id)


@app.command(cls=Command)
def orders(
    id: Annotated[str | None, typer.Argument(metavar="ID", hidden=True)] = None, as_json: AsJson = False
) -> None:
    """List the newest orders, or show the order ID."""
    from checkout.cli.orders import order_commands

    order_commands.list_orders(id, as_json)


@app.command(cls=Command)
def journey(id: Annotated[str, typer.Argument(metavar="ID", hidden=True)], as_json: AsJson = False) -> None:
    """Show the journey of the order ID, hop by hop."""
    from checkout.cli.orders.journeys import show_journey

    show_journey(id, as_json)


@app.command(cls=Command)
def messages(
    order: Annotated[str | None, typer.Option(metavar="ID", help="Show only messages of this order.")] = None,
    topic: Annotated[str | None, typer.Option(metavar="TOPIC", help="Show only messages on this topic.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Also show messages that arrive, until Ctrl-C.")] = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Show the messages on the topics, oldest first."""
    from checkout.cli.messages.message_commands import show_messages

    show_messages(order, topic, follow, "json" if as_json else "csv" if as_csv else "table")


@app.command(cls=Command)
def services(
    stock: Annotated[
        int, typer.Option(metavar="N", min=1, help="Units of each product on hand at the start.")
    ] = 1_000_000,
    scale: Scale = None,
    partitions: Partitions = None,
    postgres: Postgres = False,
    port_base: PortBase = None,
) -> None:
    """Start only the five Kafka services, for load tests.

    They run in the foreground until Ctrl-C. The external systems (payment broker, shipment company, mail server) are
    simulated inside the services.
    """
    from checkout.cli.running.up import run_services

    run_services(stock, scale or [], postgres, partitions=partitions, port_base=port_base)


@app.command(cls=Command)
def bench(
    systems: Annotated[list[str] | None, typer.Option("--system", metavar="NAME=COMMAND", help="Repeatable.")] = None,
    orders: Annotated[int, typer.Option(metavar="N", min=1, help="Orders in the burst.")] = 10_000,
    rate: Annotated[float, typer.Option(metavar="N", min=1, help="Orders per second after the burst.")] = 50,
    seconds: Annotated[float, typer.Option(metavar="N", min=0, help="Seconds at this rate.")] = 15,
    idle: Annotated[float, typer.Option(metavar="N", min=0, help="Seconds without orders, before the burst.")] = 5,
    partitions: Annotated[int, typer.Option(metavar="N", min=1, help="Partitions of each topic.")] = 1,
    lines: Annotated[int, typer.Option(metavar="N", min=1, help="Lines of each order, at most 100.")] = 1,
    scale: Scale = None,
    postgres: Postgres = False,
    brokers: Annotated[int, typer.Option(metavar="N", help="Kafka brokers, 1 or 3.")] = 1,
    rounds: Annotated[int, typer.Option(metavar="N", min=1, help="Rounds to measure.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Measure the five Kafka services, side by side with others.

    Each round sends a burst, then orders at a constant rate, and counts the effects of every order. Without --system it
    measures `checkout`; `checkout-confluent` uses confluent-kafka. A COMMAND starts the service of its last argument.
    """
    from checkout.bench.rounds import Plan
    from checkout.cli.running.bench import run

    plan = Plan(orders, rate, seconds, idle, partitions, lines, brokers, postgres)
    raise typer.Exit(run(systems or [], plan, scale or [], rounds, as_json))


@app.command(cls=Command)
def asyncapi() -> None:
    """Print the store's topics as an AsyncAPI document."""
    from checkout.cli.messages.asyncapi import run

    raise typer.Exit(run())


def _code_arrows() -> Sequence[dict[str, object]]:
    from checkout.registry import code_arrows

    return code_arrows()


def _asyncapi() -> "Sequence[AsyncApi]":
    from checkout.cli.messages.asyncapi import store_asyncapi

    return [store_asyncapi()]


def main() -> None:
    """Runs one command. An expected error is printed in a line or two, without traceback, and sets the exit status."""
    try:
        app(prog_name="checkout")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except (CheckoutError, ModuleNotFoundError) as error:
        found = error if isinstance(error, CheckoutError) else missing_store(error)
        print(f"checkout: {found}", file=sys.stderr)
        sys.exit(found.exit_code)
