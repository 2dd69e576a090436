"""Secret invariant: I23 holds in a good run, and a secret or a card number is found wherever it is."""

from dataclasses import replace

import pytest
from checker.breaking import change_record, change_rows, entries, problems, record_of
from checker.good_run import APPROVED, SECRET

from checkout.checker.check import check
from checkout.checker.facts import ORDER_RECEIVED
from checkout.checker.witnesses import Witnesses

CARD = "4111111111111111"  # a test number of Visa


@pytest.mark.parametrize("text", [SECRET, CARD, "4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005"])
def test_it_is_found_in_every_place(good: Witnesses, text: str) -> None:
    record = record_of(good, ORDER_RECEIVED, APPROVED)
    leaks = {
        "order.new-order-received[0]@0": change_record(good, record, value=(record.value or b"") + text.encode()),
        "order.new-order-received[0]@0 ": change_record(good, record, headers=[("h", f"it is {text}.".encode())]),
        "table orders of orders": change_rows(good, "orders", "orders", {"id": APPROVED}, customer_name=text),
        "the list of mails": entries(good, "mails", APPROVED, text=f"your card: {text}"),
        "the list of parcels": entries(good, "parcels", APPROVED, customer=text),
        "logs/payments-1.log": replace(good, texts=lambda: [("logs/payments-1.log", f"card={text}\n")]),
    }

    for place, leaky in leaks.items():
        (problem,) = problems(leaky, "I23")
        assert problem.startswith(place.strip()), place
        assert text not in problem


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # does not pass the Luhn test
        "1790000000000000",  # no card begins with 1
        "0.4111111111111111",
        "94111111111111111",
        "c4111111111111111",
        "00000000-4111-1111-1111-111111111111",
        "4111 1111-1111 1111",
    ],
)
def test_other_numbers_are_no_card_numbers(good: Witnesses, text: str) -> None:
    assert problems(replace(good, texts=lambda: [("log", text)]), "I23") == []


def test_secrets_that_are_too_short_are_counted(good: Witnesses) -> None:
    (result,) = check(replace(good, short_secrets=2), ["I23"]).results

    assert result.counts["secrets too short to look for"] == 2


def test_a_secret_is_taken_literally(good: Witnesses) -> None:
    texts = [("log", "qxz")]

    assert problems(replace(good, secrets=["q.z", ""], texts=lambda: texts), "I23") == []
    assert len(problems(replace(good, secrets=["qx", "qxz"], texts=lambda: texts), "I23")) == 1
