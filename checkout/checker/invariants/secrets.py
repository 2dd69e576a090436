"""Secrets: planted secrets and card numbers are nowhere (I23)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from checkout.checker.evidence import Evidence
from checkout.checker.invariants.invariant import Finding
from checkout.checker.messages import coordinates
from checkout.checker.witnesses import Row
from checkout.messaging.log import Record

# 13 to 19 digits as on a card: together, or in groups of four (American Express: 4-6-5), and not within a longer
# number, a fraction or a UUID. The first digits are those of Visa, Mastercard, American Express, Discover and JCB.
CARD = re.compile(
    r"(?<![0-9A-Za-z.\-])"
    r"(?:(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d|64[4-9]\d|35[2-8]\d)([ -]?)\d{4}\1\d{4}\1\d{4}"
    r"|3[47]\d\d([ -]?)\d{6}\2\d{5}|4\d{12}|4\d{18})"
    r"(?![0-9A-Za-z\-]|\.\d)"
)


def no_secret_leaks(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I23: no planted secret and no card number is on a topic, in a database, an e-mail, a log or a journal."""
    secrets = [secret for secret in evidence.witnesses.secrets if secret]
    planted = re.compile("|".join(map(re.escape, sorted(secrets, key=len, reverse=True)))) if secrets else None
    counts["secrets"] = len(secrets)
    if evidence.witnesses.short_secrets:
        counts["secrets too short to look for"] = evidence.witnesses.short_secrets
    for place, text in _places(evidence, counts):
        for what, pattern in (("a planted secret", planted), ("a card number", CARD)):
            for found in pattern.finditer(text) if pattern else ():
                if pattern is not CARD or is_card_number(found[0]):
                    yield None, f"{place} has {what}: {masked(found[0])}"
                    break


def is_card_number(text: str) -> bool:
    """Whether the digits of a text pass the Luhn test (ISO/IEC 7812-1) of card numbers."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def masked(secret: str) -> str:
    """A secret to be shown in a report: its first characters."""
    return f"{secret[: min(4, len(secret) // 3)]}... ({len(secret)} characters)"


def _places(evidence: Evidence, counts: Counter[str]) -> Iterator[tuple[str, str]]:
    witnesses = evidence.witnesses
    for record in witnesses.records:
        counts["records"] += 1
        yield coordinates(record), _text_of_record(record)
    for service, tables in witnesses.databases.items():
        for table, rows in tables.items():
            counts["rows"] += len(rows)
            yield from ((f"table {table} of {service}", _text_of_row(row)) for row in rows)
    for what in ("charges", "refunds", "parcels", "mails"):
        entries = getattr(witnesses, what) or ()
        counts[what] = len(entries)
        yield from ((f"the list of {what}", _text_of_row(entry)) for entry in entries)
    for place, text in witnesses.texts():
        counts["texts"] += 1
        yield place, text


def _text_of_record(record: Record) -> str:
    parts = [record.key, record.value, *(value for _, value in record.headers)]
    return "\n".join(part.decode(errors="replace") for part in parts if part)


def _text_of_row(row: Row | Mapping[str, object]) -> str:
    # Numbers of rows look like card numbers, and are none.
    texts = (value.decode(errors="replace") if isinstance(value, bytes) else value for value in row.values())
    return "\n".join(text for text in texts if isinstance(text, str))
