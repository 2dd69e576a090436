"""Payment broker: charges cards, once per idempotency key, and keeps a ledger that anyone may read."""

import asyncio
from decimal import Decimal
from typing import Any, Literal

import msgspec
from litestar import Litestar, Request, Response, post

from checkout.simulators import http_api
from checkout.simulators.external_system import Count, ExternalSystem, FaultSwitches, Ledger, Name

LIMIT = Decimal("1000.00")
LARGEST = Decimal("1000000.00")
CENT = Decimal("0.01")


class Charge(msgspec.Struct, frozen=True):
    """Money asked for an order. Raises ValueError for an amount that no card can be charged with."""

    order: Name
    amount: Decimal
    currency: Literal["EUR"] = "EUR"
    method: Literal["CREDIT", "DEBIT"] = "CREDIT"

    def __post_init__(self) -> None:
        amount = self.amount
        if not amount.is_finite() or not 0 < amount <= LARGEST:
            raise ValueError(f"the amount must be above 0 and at most {LARGEST:,}")
        if amount != amount.quantize(CENT):
            raise ValueError("the amount must have at most two decimals")
        msgspec.structs.force_setattr(self, "amount", amount.quantize(CENT))


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a charge went: charged has an id, denied has a reason."""

    status: Literal["charged", "denied"]
    id: str | None = None
    reason: str | None = None


class Switches(FaultSwitches):
    """`deny` is the reason for denying the next `deny_next` new payments, or all of them when that is null."""

    deny: Name | None = None
    deny_next: Count | None = None
    drop_after_charging: Count = 0

    def __post_init__(self) -> None:
        if self.deny_next is not None and self.deny is None:
            raise ValueError("deny_next needs deny, the reason for denying")


class PaymentBroker(ExternalSystem):
    """The broker without its server: thread-safe, in memory."""

    switches: Switches

    def __init__(self) -> None:
        super().__init__(Switches())
        self.ledger: Ledger[Charge, Outcome] = Ledger()
        self._charged = 0

    def charge(self, key: str, charge: Charge) -> Outcome:
        """Charges or denies; the same key gets the same outcome. Raises KeyReused, Failed, and Dropped afterwards."""
        with self._lock:
            self._fail_if_switched()
            outcome = self.ledger.answer(key, charge, self._decide)
            self._drop_if_switched("drop_after_charging")
            return outcome

    def _decide(self, charge: Charge) -> Outcome:
        reason = "above the limit" if charge.amount > LIMIT else self._denied_by_switch()
        if reason:
            return Outcome("denied", reason=reason)
        self._charged += 1
        return Outcome("charged", id=f"charge-{self._charged}")

    def _denied_by_switch(self) -> str | None:
        switches = self.switches
        if switches.deny_next is None:
            return switches.deny
        reason = switches.deny if self._use("deny_next") else None
        if not switches.deny_next:
            switches.deny = switches.deny_next = None
        return reason


def app(broker: PaymentBroker) -> Litestar:
    """The broker over HTTP: `/charges`, `/switches`, `/health-check`."""

    @post("/charges")
    async def charge(request: Request[Any, Any, Any]) -> Response[bytes]:
        key, asked = http_api.idempotency_key(request), await http_api.read(request, Charge)
        try:
            outcome = broker.charge(key, asked)
        finally:
            # The answer is late, not the money: a caller that gives up must assume that it was charged.
            await asyncio.sleep(broker.switches.delay)
        return http_api.answer(outcome, 201 if outcome.status == "charged" else 402)

    return http_api.app(broker, charge, *http_api.ledger_routes("/charges", broker.ledger))


def main(port: int) -> None:
    """Runs the payment broker in this process, on the loopback, until it is told to stop."""
    http_api.run(app(PaymentBroker()), port, "the payment broker")
