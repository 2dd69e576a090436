"""Exercise draw: typical wrong answers fail, each with a sentence about what is wrong."""

import pytest
from lab.exercises.conftest import Check, sentence_of

pytestmark = pytest.mark.slow  # draws with PlantUML

PLACE, RECEIVED = "HTTP, POST /api/v1/order-management/orders", "order.new-order-received"
FAILED = "stock.order-products-reservation-failed"
RIGHT = f"""
Rel(web, gateway, "sends the order to", "{PLACE}", $index=1)
Rel(gateway, orders, "forwards the order to", "{PLACE}", $index=2)
Rel(orders, kafka, "publishes to", "{RECEIVED}", $index=3)
Rel(kafka, stock, "reserve products", "{RECEIVED}", $index=4)
Rel(stock, kafka, "publishes to", "{FAILED}", $index=5)
Rel(kafka, orders, "reject order", "{FAILED}", $index=6)
Rel(kafka, notifications, "notify customer", "{FAILED}", $index=6)
Rel(kafka, wishes, "count order", "{FAILED}", $index=6)
Rel(notifications, customer, "sends an e-mail to", "SMTP", $index=7)
"""
LINES = RIGHT.strip().splitlines()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("\n".join(LINES[:7] + LINES[8:]), "hops without an arrow: 1, the first of them in step 6"),
        (RIGHT.replace("stock, kafka", "stock, orders"), "step 5, stock to orders, never happened as drawn"),
        (RIGHT.replace("$index=7", "$index=8"), "notifications to customer is step 7, and is drawn as step 8"),
        (RIGHT.replace(f"wishes, \"count order\", \"{FAILED}\"", f"wishes, \"count order\", \"{RECEIVED}\""),
         "step 6, kafka to wishes, never happened as drawn"),
        (RIGHT.replace("kafka, wishes", "kafka, wish"), "there is no element wish"),
        (RIGHT.replace("$index=7)", "$index=7"), "not met PlantUML can read the arrows line 10"),
        ("' nothing yet", "there is no arrow"),
    ],
)  # fmt: skip
def test_a_wrong_view_fails_with_a_sentence_that_helps(answer: str, sentence: str, check: Check) -> None:
    assert sentence in sentence_of(check("draw", answer))


def test_the_walk_opens_the_run_that_is_not_drawn(check: Check) -> None:
    feedback = check("draw", "\n".join(LINES[:4]))

    assert "wishes" in {moment.hop.to for moment in feedback.walk()._lab.moments}
