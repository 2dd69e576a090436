"""Shop file: `store.json`, in which `checkout up` lists the processes of the running store."""

from pathlib import Path

import msgspec

from checkout.errors import CheckoutError
from checkout.settings import RESERVATION_SECONDS, RETENTION_SECONDS, KafkaSecurity
from checkout.system.pid import Pid


class ShopError(CheckoutError):
    """The store cannot start, or refuses a request; the message names the process and the remedy."""


class ShopNotRunning(ShopError):
    """No store runs below `CHECKOUT_HOME`."""

    exit_code = 3


class ShopProcess(msgspec.Struct):
    """One process of the store, as listed in `store.json`."""

    name: str
    replica: str
    address: str
    pid: Pid
    log: str


class ShopFile(msgspec.Struct):
    """`store.json`: the addresses and processes of a running store, the token of its operator, and his way to Kafka.

    `units`: how many of each product the new database of Stock has got, 0 as in the catalogue; None where it is not
    known. The seconds are those of the settings.
    """

    bootstrap_servers: str
    prefix: str
    home: str
    port_base: int
    partitions: int
    database_url: str
    operator_token: str
    processes: list[ShopProcess]
    kafka_security: KafkaSecurity = KafkaSecurity()
    units: int | None = None
    reservation_seconds: float = RESERVATION_SECONDS
    retention_seconds: float = RETENTION_SECONDS

    def address(self, name: str) -> str:
        """The base URL of a container or an external system. Raises ShopError when the store runs without it."""
        for process in self.processes:
            if process.name == name:
                return process.address
        raise ShopError(f"this store runs without {name}: start the whole store with `checkout up`")


def find_shop(home: Path) -> ShopFile:
    """Reads `store.json` below this home. Raises ShopNotRunning when there is none, ShopError when it is damaged."""
    path = home / "store.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=ShopFile)
    except FileNotFoundError:
        raise ShopNotRunning(f"no store is running below {home}: start one with `checkout up`") from None
    except msgspec.MsgspecError as error:
        raise ShopError(f"{path} cannot be read ({error}): stop the store and remove it") from error
