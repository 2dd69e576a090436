"""Progress: a bar on standard error while a command starts or downloads something."""

import contextlib
from collections.abc import Iterator

from rich.progress import BarColumn, Progress, TextColumn

from checkout.cli.output import err
from checkout.local_kafka.download import Progress as OnProgress


@contextlib.contextmanager
def progress_bar() -> Iterator[OnProgress]:
    """A progress bar while the block runs; the block gets a function (description, share done)."""
    columns = (TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda description, share: bar.update(task, description=description, completed=share)
