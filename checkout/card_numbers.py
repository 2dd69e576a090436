"""Card numbers: recognises them in text; the store never takes one, because only payment providers may know them."""

import re
from collections.abc import Iterator

SEPARATOR = r"[ \t\u00a0\u2000-\u200b\u2010-\u2015._/-]"  # between the digits, as people and programs write them
DIGITS = re.compile(rf"\d(?:{SEPARATOR}?\d){{12,}}")
GROUPS = re.compile(r"\d+")
# Ids in hexadecimal digits, some of which have many decimal digits in a row: UUIDs, trace ids, digests.
IDS = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\b(?=\d*[a-fA-F])[0-9a-fA-F]{20,}\b")
# The first digits of payment cards (ISO/IEC 7812). Times begin with others: 1767261600001, 20260101100000.
ISSUERS = re.compile("3[04-9]|4|5|6|22[3-9]|222[1-9]|2[3-6]|27[01]|2720")
SHORTEST, LONGEST = 13, 19  # digits (ISO/IEC 7812-1)
MASK = "(card number)"


class CardNumberSent(ValueError):
    """A request has a card number, which the store neither needs nor keeps."""

    def __init__(self) -> None:
        super().__init__("send no card number: the payment provider asks for it, the store must not know it")


def has_card_number(text: str) -> bool:
    """Whether a text has a number of 13 to 19 digits, with or without separators, that can be that of a card."""
    return any(True for _ in _found(text))


def mask_card_numbers(text: str) -> str:
    """The text with `(card number)` in place of each."""
    for found in list(_found(text)):
        text = text.replace(found, MASK)
    return text


def refuse_card_numbers(*texts: str | None) -> None:
    """Raises CardNumberSent if one of these texts has a card number."""
    if any(text and has_card_number(text) for text in texts):
        raise CardNumberSent


def _found(text: str) -> Iterator[str]:
    for run in DIGITS.findall(IDS.sub(" ", text)):
        groups = list(GROUPS.finditer(run))
        # A number may follow others: every sequence of whole groups is tried.
        for first, begin in enumerate(groups):
            for end in groups[first:]:
                digits = "".join(GROUPS.findall(run[begin.start() : end.end()]))
                if len(digits) > LONGEST:
                    break
                if len(digits) >= SHORTEST and _is_card_number(digits):
                    yield run[begin.start() : end.end()]


def _is_card_number(digits: str) -> bool:
    values = [int(digit) for digit in digits]
    doubled = sum(sum(divmod(2 * value, 10)) for value in values[-2::-2])
    is_issued = ISSUERS.match("".join(map(str, values))) is not None
    return is_issued and (sum(values[::-2]) + doubled) % 10 == 0
