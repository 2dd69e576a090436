"""Equal arrows: a hop whose cause is not drawn takes no place of a hop whose cause is."""

from datetime import timedelta

import msgspec
from c4.traced_runs import arrow, drawing, hop

from checkout.c4.checks.verify import verify_orders

VIEW = drawing(
    arrow(1, "shop", "mail", "cancelled"), arrow(2, "mail", "customer"),
    arrow(3, "shop", "mail", "refunded"), arrow(4, "mail", "customer"),
)  # fmt: skip


def test_a_message_on_another_topic_makes_no_later_letter_too_early() -> None:
    letters = [hop("3", "mail", "customer", cause="2"), hop("4", "mail", "customer", cause="1")]
    orders = [hop("1", "shop", "mail", "cancelled"), hop("2", "shop", "mail", "another"), *letters]
    one_clock = [
        msgspec.structs.replace(each, replica="mail-1", at=each.at + timedelta(seconds=second))
        for each, second in zip(orders, (2, 0, 1, 3), strict=True)
    ]

    result = verify_orders(VIEW, {"t1": one_clock})[0]

    assert [(str(each.kind), each.arrow) for each in result.deviations] == [("wrong technology", VIEW.arrows[2])]
    assert [result.hops[at].id for at in (1, 3)] == ["4", "3"]
