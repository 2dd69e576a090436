"""Groups: the commands `checkout kafka ...` and `checkout dlt ...`."""

from typing import Annotated, Any, Literal

import typer

from checkout.c4.cli import Command, Group

PLAIN: dict[str, Any] = {"cls": Group, "rich_markup_mode": None, "no_args_is_help": True, "add_completion": False}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PortBase = Annotated[
    int | None, typer.Option(metavar="PORT", help="First port of the store, that of the web app.  [default: 8000]")
]
Brokers = Annotated[int | None, typer.Option(metavar="N", help="Kafka brokers, 1 or 3.  [default: 1]")]

PASS_ON: dict[str, Any] = {"allow_interspersed_args": False, "ignore_unknown_options": True}
Tool = Literal["consumer-groups", "topics", "get-offsets", "console-consumer", "acls", "dump-log"]
Secured = Annotated[
    bool | None,
    typer.Option("--secured", help="Give a new local Kafka TLS, a user for each service, and access rules."),
]

kafka = typer.Typer(help="Start, stop or show the local Kafka.", **PLAIN)
dlt = typer.Typer(help="List, show or replay dead letters.", **PLAIN)


@kafka.command("start", cls=Command)
def kafka_start(brokers: Brokers = None, port_base: PortBase = None, secured: Secured = None) -> None:
    """Start the local Kafka, which runs until `checkout kafka stop`."""
    from checkout.cli.messages import kafka_commands

    kafka_commands.start(brokers=brokers, port_base=port_base, secured=secured)


@kafka.command("stop", cls=Command)
def kafka_stop() -> None:
    """Stop the local Kafka; its topics stay on disk."""
    from checkout.cli.messages import kafka_commands

    kafka_commands.stop()


@kafka.command("status", cls=Command)
def kafka_status(as_json: AsJson = False) -> None:
    """Show the local Kafka; exit status 1 if it is not running."""
    from checkout.cli.messages import kafka_commands

    raise typer.Exit(kafka_commands.status(as_json))


@kafka.command("acls", cls=Command)
def kafka_acls(
    format: Annotated[
        Literal["commands", "json"],
        typer.Option(metavar="commands|json", help="Commands of Kafka's own tool, as a shell script, or JSON."),
    ] = "commands",
) -> None:
    """Print the access rules of each service.

    On a secured cluster a service needs them, and no others. They follow from the messages that it handles and sends.
    Works without a running Kafka.
    """
    from checkout.cli.messages import kafka_commands

    kafka_commands.acls(format)


@kafka.command("tool", cls=Command, context_settings=PASS_ON)
def kafka_tool(
    tool: Annotated[Tool, typer.Argument(metavar="TOOL", hidden=True)],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="ARGUMENT", hidden=True)] = None,
) -> None:
    """Run one of Kafka's own command line tools.

    TOOL is consumer-groups, topics, get-offsets, console-consumer, acls or dump-log. Every ARGUMENT after it, `--help`
    too, goes to the tool. Without --bootstrap-server the tool gets the address of the local Kafka and, where it is
    secured, the login of its operator. The exit status is that of the tool.
    The tools are downloaded when one is first used.
    """
    from checkout.cli.messages import kafka_commands

    kafka_commands.tool(tool, arguments or [])


@dlt.command("ls", cls=Command)
def dlt_ls(as_json: AsJson = False) -> None:
    """List the dead letters of all groups."""
    from checkout.cli.messages import dead_letters

    dead_letters.list_letters(as_json)


@dlt.command("show", cls=Command)
def dlt_show(place: Annotated[str, typer.Argument(metavar="PLACE", hidden=True)], as_json: AsJson = False) -> None:
    """Show the dead letter at PLACE, as `checkout dlt ls` prints it."""
    from checkout.cli.messages import dead_letters

    dead_letters.show_letter(place, as_json)


@dlt.command("replay", cls=Command)
def dlt_replay(
    places: Annotated[list[str] | None, typer.Argument(metavar="PLACE", hidden=True)] = None,
    every: Annotated[bool, typer.Option("--all", help="Replay all dead letters.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also those that were replayed already.")] = False,
) -> None:
    """Send original records to their topics again.

    Name the dead letters by PLACE, as `checkout dlt ls` prints them, or choose all. A group that has handled the record
    drops the repeat.
    """
    from checkout.cli.messages import dead_letters

    dead_letters.replay_letters(places or [], every, again)
