"""Exercise csv-adapter: typical wrong answers fail, each with a sentence about what is wrong."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from lab.exercises.conftest import Check

from checkout.messages import PaymentFailed, PaymentProcessed, ProcessPayment

HEAD = ["order", "customer", "email", "amount", "method"]


class Right:
    def to_csv(self, requests: Sequence[ProcessPayment]) -> str:
        file = io.StringIO(newline="")
        csv.writer(file).writerows([HEAD, *map(self.row, requests)])
        return file.getvalue()

    def row(self, each: ProcessPayment) -> list[Any]:
        payment = each.payment
        return [each.id, each.customer_name, each.customer_email, payment.total, payment.payment_method]

    def from_csv(self, text: str) -> Iterator[Any]:
        for row in csv.DictReader(io.StringIO(text, newline="")):
            yield self.message(row)

    def message(self, row: dict[str, str]) -> Any:
        if row["status"] == "charged":
            return PaymentProcessed(row["order"])
        return PaymentFailed(row["order"], row["reason"], row["customer"], row["email"] or None)


class JoinsWithCommas(Right):
    def to_csv(self, requests: Sequence[ProcessPayment]) -> str:
        return "\n".join(",".join(map(str, row)) for row in [HEAD, *map(self.row, requests)])


class TakesFloats(Right):
    def row(self, each: ProcessPayment) -> list[Any]:
        return [*super().row(each)[:3], float(each.payment.total or 0), each.payment.payment_method]


class ForgetsTheCustomer(Right):
    def message(self, row: dict[str, str]) -> Any:
        right = super().message(row)
        return PaymentFailed(right.id, right.message) if isinstance(right, PaymentFailed) else right


class ApprovesEverything(Right):
    def message(self, row: dict[str, str]) -> Any:
        return PaymentProcessed(row["order"])


class Remembers(Right):
    def __init__(self) -> None:
        self.requests: list[ProcessPayment] = []

    def to_csv(self, requests: Sequence[ProcessPayment]) -> str:
        self.requests += requests
        return super().to_csv(self.requests)


def test_the_right_answer_passes(check: Check) -> None:
    feedback = check("csv-adapter", Right)

    assert feedback.is_right
    assert "message 2  good           good          -          -\n" in feedback.text  # stored, and nothing published
    assert "message 3  good           good          good       good" in feedback.text


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (JoinsWithCommas, "'Lovelace', ' Ada \"Countess\"'"),
        (TakesFloats, "'8.5', 'CREDIT'] instead of"),
        (ForgetsTheCustomer, "for the apology it is PaymentFailed("),
        (ApprovesEverything, "the messages are PaymentProcessed, PaymentProcessed, PaymentProcessed"),
        (Remembers, "not met in the store: Ada's order is approved"),
    ],
)
def test_a_wrong_answer_fails_with_a_sentence_that_helps(answer: Any, sentence: str, check: Check) -> None:
    feedback = check("csv-adapter", answer)

    assert not feedback.is_right
    assert sentence in " ".join(feedback.text.split())
