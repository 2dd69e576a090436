"""Payment broker: a simulated payment provider that charges cards, once per idempotency key."""

from decimal import Decimal
from typing import Literal

import msgspec

from checkout.simulators.external_system import Count, ExternalSystem, FaultSwitches, Ledger, Name, StillProcessing

CARD_LIMIT = Decimal("1000.00")  # larger amounts are denied
MAX_AMOUNT = Decimal("1000000.00")  # larger amounts are invalid
CENT = Decimal("0.01")


class Charge(msgspec.Struct, frozen=True):
    """A request to charge a card. Raises ValueError for an amount that is not positive, too large or not in cents."""

    order: Name
    amount: Decimal
    currency: Literal["EUR"] = "EUR"
    method: Literal["CREDIT", "DEBIT"] = "CREDIT"

    def __post_init__(self) -> None:
        amount = self.amount
        if not amount.is_finite() or not 0 < amount <= MAX_AMOUNT:
            raise ValueError(f"the amount must be above 0 and at most {MAX_AMOUNT:,}")
        if amount != amount.quantize(CENT):
            raise ValueError("the amount must have at most two decimals")
        msgspec.structs.force_setattr(self, "amount", amount.quantize(CENT))


class Refund(msgspec.Struct, frozen=True):
    """A request to refund the charge of an order. Raises ValueError for an amount that is not positive."""

    order: Name
    amount: Decimal
    currency: Literal["EUR"] = "EUR"

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount <= 0:
            raise ValueError("the amount must be above 0")
        msgspec.structs.force_setattr(self, "amount", self.amount.quantize(CENT))


class Refunded(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of a refund: an id if refunded, a reason if refused."""

    status: Literal["refunded", "refused"]
    id: str | None = None
    reason: str | None = None


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of a charge: an id if charged, a reason if denied."""

    status: Literal["charged", "denied"]
    id: str | None = None
    reason: str | None = None


class Switches(FaultSwitches):
    """`deny` is the reason with which the next `deny_next` new charges are denied; all of them if that is null.

    `busy`: charges that get 409, as from a provider that has not finished an earlier request with the same key.
    `refuse_refunds` is the reason with which new refunds are refused.
    """

    busy: Count = 0
    deny: Name | None = None
    deny_next: Count | None = None
    drop_after_charging: Count = 0
    refuse_refunds: Name | None = None

    def __post_init__(self) -> None:
        if self.deny_next is not None and self.deny is None:
            raise ValueError("deny_next needs deny, the reason for denying")


class PaymentBroker(ExternalSystem[Switches]):
    """The payment provider without a server: thread-safe, in memory."""

    def __init__(self) -> None:
        super().__init__(Switches())
        self.ledger: Ledger[Charge, Outcome] = Ledger()
        self.refunds: Ledger[Refund, Refunded] = Ledger()
        self._charged = self._refunded = 0

    def charge(self, key: str, charge: Charge) -> Outcome:
        """Charges or denies; the same key gets the same outcome.

        Raises KeyReused, SimulatedFailure and StillProcessing, and after the charge ConnectionDropped.
        """
        with self._processing("drop_after_charging"):
            if self.switches.use("busy"):
                raise StillProcessing("a request with this key is being processed: try again later")
            return self.ledger.respond(key, charge, self._decide)

    def refund(self, key: str, refund: Refund) -> Refunded:
        """Refunds or refuses; the same key gets the same outcome. Raises KeyReused and SimulatedFailure."""
        with self._processing():
            return self.refunds.respond(key, refund, self._decide_refund)

    def _decide_refund(self, refund: Refund) -> Refunded:
        charged = sum(e["amount"] for e in self.ledger.entries(refund.order) if e["status"] == "charged")
        refunded = sum(e["amount"] for e in self.refunds.entries(refund.order) if e["status"] == "refunded")
        reason = "more than was charged" if refund.amount > charged - refunded else self.switches.refuse_refunds
        if reason:
            return Refunded("refused", reason=reason)
        self._refunded += 1
        return Refunded("refunded", id=f"refund-{self._refunded}")

    def _decide(self, charge: Charge) -> Outcome:
        reason = "above the limit" if charge.amount > CARD_LIMIT else self._denied_by_switch()
        if reason:
            return Outcome("denied", reason=reason)
        self._charged += 1
        return Outcome("charged", id=f"charge-{self._charged}")

    def _denied_by_switch(self) -> str | None:
        switches = self.switches
        if switches.deny_next is None:
            return switches.deny
        reason = switches.deny if switches.use("deny_next") else None
        if not switches.deny_next:
            switches.deny = switches.deny_next = None
        return reason
