"""Reply hint: an absent arrow that may be drawn as a reply says how replies are drawn."""

from dataclasses import replace

import pytest
from c4.traced_runs import FILE, arrow, drawing, hop

from checkout.c4.checks.verify import verify_orders
from checkout.c4.source.elements import Element
from checkout.c4.source.files import SourceLine

HINT = "; if it is the reply to 1 rider → rentals [HTTP, POST /rentals], draw it dotted and without a technology"
CALL = arrow(1, "rider", "rentals", "HTTP, POST /rentals")
LOCK = arrow(2, "rentals", "bikes")


def message(source: str, target: str, technology: str, queue: str = "") -> str:
    view = drawing(CALL, LOCK, arrow(3, source, target, technology))
    view = replace(view, elements=(Element(queue, "", "queue", "", SourceLine("", FILE, 1)),))
    (result,) = verify_orders(view, {"t1": [hop("1", *CALL.key), hop("2", *LOCK.key, cause="1")]})
    (deviation,) = result.deviations
    return deviation.message


def test_an_absent_arrow_against_an_earlier_call_of_the_same_protocol_has_the_hint() -> None:
    assert message("rentals", "rider", "HTTP, 409").startswith(f"never happened: 3 rentals → rider [HTTP, 409]{HINT}")


@pytest.mark.parametrize(
    ("source", "target", "technology", "queue"),
    [("rentals", "payments", "HTTP", ""), ("rentals", "rider", "SMTP", ""), ("rentals", "rider", "HTTP", "rentals"),
     ("rentals", "rider", "HTTP", "rider")],
)  # fmt: skip
def test_other_absent_arrows_have_none(source: str, target: str, technology: str, queue: str) -> None:
    assert "reply" not in message(source, target, technology, queue)
