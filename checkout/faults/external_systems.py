"""External systems: faults of the simulated payment provider, shipment company and mail server, by their switches."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from checkout.faults.fault import Fault
from checkout.processes.switches import set_switches
from checkout.settings import Settings

MANY = 1_000_000  # requests: until the fault ends
LATE = 6.0  # seconds: longer than the store waits for a response
PAYMENTS, PARCELS, MAILS = "payment_broker", "shipment_company", "mailbox"
FAULTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {  # by name: the system and its switches
    "payment provider slow": (PAYMENTS, {"delay": LATE}),
    "payment provider answers 500": (PAYMENTS, {"fail": MANY}),
    "payment provider answers 409": (PAYMENTS, {"busy": MANY}),
    "payment provider drops connections after charging": (PAYMENTS, {"drop_after_charging": MANY}),
    "shipment company slow": (PARCELS, {"delay": LATE}),
    "shipment company answers 500": (PARCELS, {"fail": MANY}),
    "shipment company drops connections after booking": (PARCELS, {"drop_after_booking": MANY}),
    "mail server answers 451": (MAILS, {"fail": MANY}),
    "mail server drops connections after the final dot": (MAILS, {"drop_after_receiving": MANY}),
}


def switched(settings: Settings, name: str) -> Fault:
    """The fault of an external system with this name; one of FAULTS."""
    system, switches = FAULTS[name]
    set_on = partial(set_switches, settings.url(system))
    return Fault(name, [system], lambda: set_on(switches), lambda: set_on({}))
