"""Lab errors: what a cell shows when a call cannot be carried out."""

import contextlib
from collections.abc import Iterator

from checkout.errors import CheckoutError
from checkout.local_kafka.broker_process import KafkaUnavailable
from checkout.messaging.log import LogUnavailable
from checkout.worker.database import DATABASE_UNAVAILABLE


class LabError(CheckoutError):
    """A call cannot be carried out; the message names the cause and the remedy."""


@contextlib.contextmanager
def as_lab_error() -> Iterator[None]:
    """Turns the errors of broker and databases into a LabError with the same message."""
    try:
        yield
    except (LogUnavailable, KafkaUnavailable, *DATABASE_UNAVAILABLE) as error:
        raise LabError(str(error)) from error
