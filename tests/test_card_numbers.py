"""Card numbers: found however they are written, and not confused with ids, times or telephone numbers."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.card_numbers import CardNumberSent, has_card_number, mask_card_numbers, refuse_card_numbers
from checkout.ids import new_id

VISA = "4111111111111111"  # numbers that payment providers publish for tests
CARDS = [VISA, "4222222222222", "5555555555554444", "2223003122003222", "378282246310005", "6011111111111117",
         "6304000000000000", "3566002020360505", "36227206271667"]  # fmt: skip


@pytest.mark.parametrize("number", CARDS)
def test_the_test_number_of_each_issuer_is_found(number: str) -> None:
    assert has_card_number(f"pay with {number}, please")


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111", "4111-1111-1111-1111", "4111.1111.1111.1111", "4111\u00a01111\u00a01111\u00a01111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "3782 822463 10005", "Visa4111111111111111", "4111111111111111@example.org",
        "４１１１１１１１１１１１１１１１", "2 4111 1111 1111 1111", "4111 1111 1111 1111 12/29 737",
        "x_4111_1111_1111_1111",
    ],
)
def test_a_number_is_found_with_separators_and_among_other_text(text: str) -> None:
    assert has_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "Ada", "4111 1111 1111 1112", "411111111111", "4" * 40, "1764432000000000000", "1764432000123",
        "+49 30 901820", "00000000-0000-4000-8000-000000000001", "quantity 1000, price 5.00",
        "12, 34, 56, 78, 90, 12, 34",
    ],
)
def test_other_numbers_are_no_card_numbers(text: str) -> None:
    assert not has_card_number(text)


def test_ids_and_times_are_never_taken_for_card_numbers() -> None:
    assert not any(has_card_number(id) for id in [new_id() for _ in range(3_000)] + [uuid4().hex for _ in range(3_000)])
    times = [f"{20_261_129_154_612_000 + number} {1_764_430_000_000 + number}" for number in range(999)]
    assert not any(map(has_card_number, times))


@given(st.text("0123456789abc -", max_size=60))
def test_a_masked_text_has_no_card_number_and_a_text_without_one_is_unchanged(text: str) -> None:
    masked = mask_card_numbers(f"{text} {VISA}")

    assert not has_card_number(masked) and "(card number)" in masked
    assert has_card_number(text) or mask_card_numbers(text) == text


def test_the_error_names_the_remedy_and_not_the_number() -> None:
    with pytest.raises(CardNumberSent, match="send no card number: the payment provider asks for it") as refusal:
        refuse_card_numbers(None, "Ada", f"Ada {VISA}")

    assert VISA not in str(refusal.value)
    refuse_card_numbers(None, "Ada")
