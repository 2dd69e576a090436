"""Command line: `checkout ...`; imports what a command needs when it runs, so that `--help` is quick."""

from checkout.cli.app import main

__all__ = ["main"]
