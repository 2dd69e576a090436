"""Problems: which exit code each error that we know ends with."""

from checkout.cli.jupyterlab import NoJupyterLab
from checkout.journal.journal import BrokenJournal
from checkout.local_kafka.broker_process import KafkaUnavailable
from checkout.messaging.log import LogUnavailable
from checkout.processes.supervisor import ShopError, ShopNotRunning
from checkout.settings import WrongSetting
from checkout.system.java import JarsUnavailable
from checkout.system.ports import PortTaken

CODES: dict[type[Exception], int] = {
    WrongSetting: 2,
    ShopNotRunning: 3,
    NoJupyterLab: 3,
    LogUnavailable: 3,
    JarsUnavailable: 3,
    KafkaUnavailable: 3,
    BrokenJournal: 3,
    PortTaken: 1,
    ShopError: 1,
}


def exit_code(error: Exception) -> int | None:
    """The exit code of an error: 1 failed, 2 wrong usage, 3 cannot judge; None for a fault of ours."""
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), None)
