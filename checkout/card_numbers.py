"""Card numbers: recognises them in text; the store never takes one, because only payment providers may know them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

SEPARATOR = r"[ \t\u00a0\u2000-\u200b\u2010-\u2015._/-]"  # between the digits, as people and programs write them
DIGITS = re.compile(rf"\d(?:{SEPARATOR}?\d){{12,}}")
GROUPS = re.compile(r"\d+")
# Ids in hexadecimal digits, some of which have many decimal digits in a row: UUIDs, trace ids, digests.
IDS = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\b(?=\d*[a-fA-F])[0-9a-fA-F]{20,}\b")
# The first digits of payment cards (ISO/IEC 7812). Times begin with others: 1767261600001, 20260101100000.
ISSUERS = re.compile("3[04-9]|4|5|6|22[3-9]|222[1-9]|2[3-6]|27[01]|2720")
SHORTEST, LONGEST = 13, 19  # digits (ISO/IEC 7812-1)
PRINTED = {(4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5)}  # the groups of digits on cards
MASK = "(card number)"
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # twice a digit, as the sum of its digits


class CardNumberSent(ValueError):
    """A request has a card number, which the store neither needs nor keeps."""

    def __init__(self, place: str = "") -> None:
        where = f" in {place}" if place else ""
        super().__init__(f"send no card number{where}: the payment provider asks for it, the store must not know it")


def has_card_number(text: str) -> bool:
    """Whether a text has a number of 13 to 19 digits, with or without separators, that can be that of a card."""
    return any(True for _ in _found(text))


def has_printed_card_number(text: str) -> bool:
    """The same, without separators or with those that are printed on cards: ids have digits in other groups."""
    shapes = (tuple(map(len, GROUPS.findall(found))) for found in _found(text))
    return any(len(shape) == 1 or shape in PRINTED for shape in shapes)


def mask_card_numbers(text: str) -> str:
    """The text with `(card number)` in place of each."""
    for found in list(_found(text)):
        text = text.replace(found, MASK)
    return text


def refuse_card_numbers(*texts: str | None, place: str = "") -> None:
    """Raises CardNumberSent if one of these texts has a card number; `place` is for its message."""
    if any(text and has_card_number(text) for text in texts):
        raise CardNumberSent(place)


def _found(text: str) -> Iterator[str]:
    for run in DIGITS.findall(IDS.sub(" ", text)):
        yield from _found_in(run)


def _found_in(run: str) -> Iterator[str]:
    """The card numbers in digits and separators. A number may follow others: every whole group can begin or end one.

    The work grows with the length of the run, not with its square: a request can be one run.
    """
    groups = [group.span() for group in GROUPS.finditer(run)]
    ends = list(accumulate(end - begin for begin, end in groups))  # how many digits there are to the end of each group
    digits = [int(character) for character in run if character.isdecimal()]
    text, sums = "".join(map(str, digits)), [_luhn_sums(digits, parity) for parity in (0, 1)]
    for first, (begin, _) in enumerate(groups):
        at = ends[first - 1] if first else 0
        if ISSUERS.match(text, at):
            for last in range(bisect_left(ends, at + SHORTEST), bisect_right(ends, at + LONGEST)):
                total = sums[(ends[last] - 1) % 2]
                if (total[ends[last]] - total[at]) % 10 == 0:
                    yield run[begin : groups[last][1]]


def _luhn_sums(digits: Sequence[int], parity: int) -> list[int]:
    """The sum of the first 0, 1, 2 ... digits where the last counts at an index of this parity: others are doubled."""
    counted = [digit if index % 2 == parity else DOUBLED[digit] for index, digit in enumerate(digits)]
    return list(accumulate(counted, initial=0))
