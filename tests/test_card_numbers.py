"""Card numbers: found however they are written, and not confused with ids, times or telephone numbers."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.card_numbers import (
    DIGITS,
    IDS,
    ISSUERS,
    CardNumberSent,
    has_card_number,
    has_printed_card_number,
    mask_card_numbers,
    refuse_card_numbers,
)
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


def found_slowly(text: str) -> Iterator[str]:
    """Every sequence of whole groups of digits that passes the Luhn test, computed from the right for each."""
    for run in DIGITS.findall(IDS.sub(" ", text)):
        groups = list(re.finditer(r"\d+", run))
        for first, begin in enumerate(groups):
            for end in groups[first:]:
                found = run[begin.start() : end.end()]
                values = [int(character) for character in reversed(found) if character.isdecimal()]
                total = sum(values[::2]) + sum(sum(divmod(2 * value, 10)) for value in values[1::2])
                number = "".join(map(str, reversed(values)))
                if 13 <= len(number) <= 19 and ISSUERS.match(number) and total % 10 == 0:
                    yield found


@given(st.text("012345٤ -/x", max_size=80) | st.text("345 ", min_size=20, max_size=60))
def test_the_same_numbers_are_found_as_by_trying_each_sequence_of_groups(text: str) -> None:
    masked = text
    for found in list(found_slowly(text)):
        masked = masked.replace(found, "(card number)")

    assert mask_card_numbers(text) == masked and has_card_number(text) == (masked != text)


@pytest.mark.parametrize("groups", ["1 ", "5 "])
def test_the_work_grows_with_the_length_of_a_text_and_not_with_its_square(groups: str) -> None:
    assert not has_card_number(groups * (600_000 // len(groups)))  # a square would take minutes


@pytest.mark.parametrize(
    ("text", "is_printed"),
    [
        (VISA, True), ("cid 4111-1111-1111-1111", True), ("2026 4111 1111 1111 1111", True),
        ("3782-822463-10005", True), ("6304 0000 0000 0000", True), ("4111-11-111111-1111", False),
        ("41111111-11111111", False), ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", False), ("4111 1111 1111 1112", False),
    ],
)
def test_a_number_as_printed_on_cards_has_one_group_or_those_of_a_card(text: str, is_printed: bool) -> None:
    assert has_printed_card_number(text) is is_printed


def test_the_error_names_the_remedy_and_not_the_number() -> None:
    with pytest.raises(CardNumberSent, match="send no card number: the payment provider asks for it") as refusal:
        refuse_card_numbers(None, "Ada", f"Ada {VISA}")

    assert VISA not in str(refusal.value)
    refuse_card_numbers(None, "Ada")
    with pytest.raises(CardNumberSent, match="send no card number in the header CID: the payment provider"):
        refuse_card_numbers(VISA, place="the header CID")
