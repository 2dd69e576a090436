"""Lab errors: what a cell shows when a call cannot be carried out."""

import contextlib
import linecache
import traceback
from collections.abc import Iterator

from checkout.errors import CheckoutError, KafkaUnavailable
from checkout.messaging.log import LogUnavailable
from checkout.worker.database import DATABASE_UNAVAILABLE


class LabError(CheckoutError):
    """A call cannot be carried out; the message names the cause and the remedy."""


def check_hop(number: int, count: int) -> None:
    """Raises LabError if a run of `count` hops has no hop of this number; 0 is the state before the first."""
    if not isinstance(number, int):
        raise LabError(f"a hop is named by its number, not {number!r}: the run has {count}")
    if not 0 <= number <= count:
        raise LabError(f"there is no hop {number}: the run has {count}")


@contextlib.contextmanager
def as_lab_error() -> Iterator[None]:
    """Turns the errors of broker and databases into a LabError with the same message."""
    try:
        yield
    except (LogUnavailable, KafkaUnavailable, *DATABASE_UNAVAILABLE) as error:
        raise LabError(str(error)) from error


def in_words(error: Exception) -> str:
    """The kind and the text of an error, and the last line of its traceback that is not in a file of this package."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if "checkout" not in each.filename.split("/")]
    if not frames:
        return f"{type(error).__name__}: {error}"
    line = frames[-1].line or linecache.getline(frames[-1].filename, frames[-1].lineno or 0).strip()
    return f"{type(error).__name__}: {error} (line {frames[-1].lineno}{f': {line}' if line else ''})"
