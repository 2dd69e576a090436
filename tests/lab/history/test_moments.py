"""Moments: hops as aligned lines of at most 120 characters; what the lab did has a line of its own."""

from checkout.lab import Lab


def test_a_long_note_of_the_lab_does_not_widen_the_columns_of_hops(lab: Lab) -> None:
    order = lab.place_order("wooden spoon")
    lab.run()
    lab.refuse_parcels("the address does not exist " * 6)
    lab.cancel_order(order)

    lines = repr(lab.run()).split("\n")

    assert lines[0] == (
        "8  web → gateway  CancelOrder  order-1  HTTP, POST /api/v1/order-management/orders/{id}/cancellation"
    )
    assert lines[1].startswith("lab: Orders refuses CancelOrder: order order-1 is APPROVED")
    assert max(map(len, lines)) <= 120


def test_tables_are_at_most_120_characters_wide(lab: Lab) -> None:
    lab.place_order({"wooden spoon": 2, "enamel mug": 1, "garden gnome": 1}, customer="Ada" * 20)
    lab.run()

    printed = "\n".join(map(str, (lab.messages, lab.groups, lab.orders, lab.journey("order-1"), lab.mailbox)))

    assert max(map(len, printed.split("\n"))) <= 120
