"""Problems: what tracing reports, at most one line on stderr for each of its parts."""

import contextlib
import logging
import sys

LOGGER = logging.getLogger("opentelemetry.checkout")


class FirstProblem(logging.Handler):
    """Prints the first record of each logger: an unreachable collector would fill the log otherwise."""

    def __init__(self, replica: str) -> None:
        super().__init__(logging.WARNING)
        self._replica, self._reported = replica, set[str]()

    def emit(self, record: logging.LogRecord) -> None:
        """Prints a record, on one line, if it is the first of its logger."""
        if record.name not in self._reported:
            self._reported.add(record.name)
            text = " ".join(record.getMessage().split())[:500]
            with contextlib.suppress(OSError):
                print(f"{self._replica}: spans are lost: {text}", file=sys.stderr, flush=True)


def report_problems(replica: str) -> None:
    """Lets the loggers of OpenTelemetry print to stderr, once each."""
    logger = logging.getLogger("opentelemetry")
    logger.handlers, logger.propagate = [FirstProblem(replica)], False
