"""Check: evaluates the invariants I1 to I23 of a store from its witnesses."""

from collections.abc import Collection

from checkout.checker import facts
from checkout.checker.evidence import Evidence
from checkout.checker.invariants import clients, dead_letters, delivery, messages, money, orders, rest, secrets, stock
from checkout.checker.invariants.invariant import Invariant
from checkout.checker.results import InvariantResult, Report, Violation
from checkout.checker.witnesses import Witnesses

SERVICES = tuple(facts.GROUPS)
LEDGERS = ("charges", "refunds", "orders")
INVARIANTS = (
    Invariant("I1", "No lost order", orders.no_lost_order, ("orders",)),
    Invariant("I2", "No phantom order", orders.no_phantom_order, ("client",)),
    Invariant("I3", "Every order ends", orders.every_order_ends, ("orders",), SERVICES),
    Invariant("I4", "Legal life", orders.legal_life, ("orders",)),
    Invariant("I5", "Never charge twice", money.never_charge_twice, LEDGERS),
    Invariant("I6", "Stable payment key", money.stable_payment_key, ("charges", "refunds")),
    Invariant("I7", "Right price", money.right_price, ("charges",)),
    Invariant("I8", "Never oversell", stock.never_oversell, ("stock",)),
    Invariant("I9", "Reservations end once", stock.holds_end_once, ("stock",)),
    Invariant("I10", "One shipment", delivery.one_shipment, ("parcels",)),
    Invariant("I11", "One e-mail of a kind", delivery.one_mail_of_a_kind, ("mails",)),
    Invariant("I12", "One message per topic and order", messages.one_message_per_topic, (), SERVICES),
    Invariant("I13", "Key stays put", messages.key_stays_put),
    Invariant("I14", "Effect once", messages.effect_once, (), SERVICES),
    Invariant("I15", "No effect without a committed record", messages.no_effect_without_record, (), SERVICES),
    Invariant("I16", "Nothing hangs", rest.nothing_hangs, ("lags",)),
    Invariant("I17", "Outbox drained", rest.outbox_drained, (), SERVICES),
    Invariant("I18", "Refund completes", money.refund_completes, LEDGERS),
    Invariant("I19", "Money conserved", money.money_conserved, LEDGERS),
    Invariant("I20", "Dead letters accounted", dead_letters.dead_letters_accounted),
    Invariant("I21", "Read your order", clients.read_your_order, ("client",)),
    Invariant("I22", "Idempotent intake", clients.idempotent_intake, ("client",)),
    Invariant("I23", "No secret leaks", secrets.no_secret_leaks),
)
NOTHING = "nothing to check: no order on any topic, in any database or in the client log"


def check(witnesses: Witnesses, only: Collection[str] = ()) -> Report:
    """Evaluates all invariants, or only those with these numbers, such as "I5".

    Without any order the first is broken: there is nothing to check.
    """
    evidence = Evidence(witnesses)
    chosen = [invariant for invariant in INVARIANTS if not only or invariant.number in only]
    if not (evidence.topics.copies or evidence.orders or evidence.placements):
        return Report([_nothing(number, invariant) for number, invariant in enumerate(chosen)])
    return Report([invariant.evaluate(evidence) for invariant in chosen])


def _nothing(number: int, invariant: Invariant) -> InvariantResult:
    result = InvariantResult(invariant=invariant.number, title=invariant.title, not_checked=NOTHING)
    if number == 0:  # else a run that has done nothing would pass
        result.violations = [Violation(invariant.number, NOTHING)]
    return result
