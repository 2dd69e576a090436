"""Text: makes text from traces fit for a terminal, a picture and one line of a journal."""

import re

LONGEST = 200  # characters
# Control characters, and those that reorder the text around them.
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


def clean(text: str) -> str:
    """The text on one line without control characters, and at most 200 characters of it."""
    if len(text) <= LONGEST and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(UNSAFE.sub(" ", text[: 2 * LONGEST]).split())[:LONGEST]


def short_id(identifier: str) -> str:
    """The first eight characters of the id of a trace or span, for messages."""
    return clean(identifier)[:8]


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 trace", "2 traces"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
