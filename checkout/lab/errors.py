"""Problems: what goes wrong in the lab, in plain words."""

import contextlib
from collections.abc import Iterator

from checkout.errors import CheckoutError
from checkout.local_kafka.broker_process import KafkaUnavailable
from checkout.messaging.log import LogUnavailable
from checkout.worker.database import DATABASE_UNAVAILABLE


class LabError(CheckoutError):
    """Something cannot be done; the message names the thing and the remedy."""


@contextlib.contextmanager
def in_plain_words() -> Iterator[None]:
    """Turns what the runtime raises into a LabError."""
    try:
        yield
    except (LogUnavailable, KafkaUnavailable, *DATABASE_UNAVAILABLE) as error:
        raise LabError(str(error)) from error
