"""Problems: which exit code each error that we know ends with."""

from checkout.cli.lab import NoJupyterLab
from checkout.java import JarsUnavailable
from checkout.runtime.journal import BrokenJournal
from checkout.runtime.kafka_node import KafkaUnavailable
from checkout.runtime.log import LogUnavailable
from checkout.runtime.ports import PortTaken
from checkout.runtime.processes import NoStore, StoreProblem
from checkout.settings import WrongSetting

CODES: dict[type[Exception], int] = {
    WrongSetting: 2,
    NoStore: 3,
    NoJupyterLab: 3,
    LogUnavailable: 3,
    JarsUnavailable: 3,
    KafkaUnavailable: 3,
    BrokenJournal: 3,
    PortTaken: 1,
    StoreProblem: 1,
}


def exit_code(error: Exception) -> int | None:
    """The exit code of an error: 1 failed, 2 wrong usage, 3 cannot judge; None for a fault of ours."""
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), None)
