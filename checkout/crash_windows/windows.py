"""Windows: the 56 moments at which a service may die - 8 of each service, and those of intake, calls and timers."""

from dataclasses import dataclass
from enum import StrEnum

from checkout.settings import OWN_CRASH_WINDOWS


class Needs(StrEnum):
    """What a store needs so that a window is reached at all: parcels are refused, or reservations expire."""

    REFUNDS = "refunds"
    NOTHING = "nothing"
    EXPIRIES = "expiries"


@dataclass(frozen=True)
class Window:
    """A moment in the work of one service; `name` as in CHECKOUT_CRASH_AT."""

    service: str
    name: str
    moment: str
    needs: Needs = Needs.NOTHING

    @property
    def id(self) -> str:
        """The name of the window among those of all services, such as "stock-W3"."""
        return f"{self.service}-{self.name}"

    @property
    def row(self) -> str:
        """The row of this window in a table, such as "payments P, refund"."""
        letter, _, call = self.name.partition("-")
        return f"{self.service} {letter[0]}" + (f", {call}" if call else "")

    @property
    def column(self) -> str:
        """The column of this window in a table: its number."""
        return self.name[1]


SERVICES = ("orders", "stock", "payments", "shipments", "notifications")
EACH = {
    "W0": "partitions are assigned",
    "W1": "records are polled",
    "W2": "effects are computed, the transaction is not committed",
    "W3": "the transaction is committed, nothing is sent",
    "W4": "half of the records have arrived, none is acknowledged",
    "W5": "all is acknowledged, no offset is committed",
    "W6": "the offsets are committed, which is not acknowledged",
    "W7": "the offsets are committed, nothing is to do",
}
CALLED = {  # Shipments and Notifications call an external system where others send records
    "W4": "the call is carried out, its answer is on the way",
    "W5": "the call is answered, no offset is committed",
}
OWN = {  # of one service each
    "G1": "orders are received over HTTP, not stored",
    "G2": "orders are stored, not published",
    "G3": "orders are published, their clients have no answer",
    "P1": "the call is stored, not made",
    "P2": "the call is carried out, its answer is on the way",
    "P3": "the answer is read, not stored",
    "P4": "the answer is stored, its result is not published",
    "S1": "the e-mail is sent but for its last line",
    "S2": "the e-mail is sent, its answer is not read",
    "S3": "the answer is read, not stored",
    "T1": "reservations have expired, which is not published",
    "T2": "the expiry is published while the payment succeeds",
}


def _windows() -> list[Window]:
    found = [
        Window(service, name, CALLED.get(name, moment) if service in SERVICES[3:] else moment)
        for service in SERVICES for name, moment in EACH.items()
    ]  # fmt: skip
    own = [(service, name) for service, names in OWN_CRASH_WINDOWS.items() for name in names]
    return found + [Window(service, name, OWN[name.partition("-")[0]], _needs(name)) for service, name in own]


def _needs(name: str) -> Needs:
    if name.endswith("-refund"):
        return Needs.REFUNDS
    return Needs.EXPIRIES if name.startswith("T") else Needs.NOTHING


WINDOWS = {window.id: window for window in _windows()}
