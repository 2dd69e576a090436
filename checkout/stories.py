"""Stories: which story an order belongs to, and the steps of its hops in the diagram of that story."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from checkout.journal.hop import Hop
from checkout.messages import BY_NAME, LATE_PAYMENT, PARCEL_REFUSED, REFUND_REFUSED

DECISIVE = (  # the story that an order with all these messages belongs to: the first that applies
    ({"ProductsReservationFailed"}, "ordering-sold-out"),
    ({"ShipmentRefused"}, PARCEL_REFUSED),
    ({"RefundCard", "PaymentNeedsOperator"}, REFUND_REFUSED),
    ({"OrderApproved"}, "ordering"),
    ({"RefundPayment"}, LATE_PAYMENT),
    ({"ReservationExpired"}, "ordering-expired"),
    ({"CancelOrder"}, "ordering-cancelled"),
    ({"PaymentFailed"}, "ordering-payment-denied"),
)


def story_of(messages: Iterable[str]) -> str:
    """The story that these messages, by name, belong to."""
    names = set(messages)
    return next((story for decisive, story in DECISIVE if decisive <= names), "ordering")


def number_steps(hops: Sequence[Hop]) -> list[Hop]:
    """The hops of one order, with the steps that only their story decides."""
    story = story_of(hop.message for hop in hops if hop.is_applied)
    return [hop if hop.step is not None else replace(hop, step=step_of(hop, story)) for hop in hops]


def step_of(hop: Hop, story: str) -> int | None:
    """The step of a hop in a story; None where its diagram does not draw it."""
    kind = BY_NAME.get(hop.message)
    is_second = kind is not None and hop.sender == kind.receiver
    return kind.step(hop.cause, is_second, story) if kind else None
