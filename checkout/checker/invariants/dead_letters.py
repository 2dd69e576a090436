"""Dead letters: each is a copy of a record, and names it (I20)."""

from collections import Counter
from collections.abc import Iterator, Mapping

from checkout.checker import facts
from checkout.checker.dead_letters import DeadLetter
from checkout.checker.evidence import Evidence
from checkout.checker.invariants.invariant import Finding
from checkout.checker.messages import coordinates
from checkout.messaging.log import DEAD_LETTERS, Partition, Record


def dead_letters_accounted(evidence: Evidence, counts: Counter[str]) -> Iterator[Finding]:
    """I20: key, value and headers of a dead letter are those of the record that it names."""
    records = {record[:3]: record for record in evidence.witnesses.records}
    counts["dead letters"] = len(evidence.dead_letters)
    all_letters = sum(record.topic.endswith(DEAD_LETTERS) for record in evidence.witnesses.records)
    counts["of other programs"] = all_letters - len(evidence.dead_letters)
    for letter in evidence.dead_letters:
        if problem := _problem(letter, records.get(letter.origin), evidence.begins):
            yield None, f"{coordinates(letter.record)} {problem}"


def _problem(letter: DeadLetter, original: Record | None, begins: Mapping[Partition, int]) -> str:
    topic, partition, offset = letter.origin
    if letter.group not in facts.GROUPS or topic not in facts.GROUPS[letter.group]:
        return f"is of group {letter.group!r}, which does not read {topic}"
    if original is None:
        is_deleted = offset < begins.get((topic, partition), 0)
        return "" if is_deleted else f"names {topic}[{partition}]@{offset}, where no record is"
    for what, here, there in (
        ("key", letter.record.key, original.key),
        ("value", letter.record.value or b"", original.value or b""),
        ("headers", _named(letter), [(name, value or b"") for name, value in original.headers]),
    ):
        if here != there:
            return f"has other {what} than {coordinates(original)}"
    nulls = {name for name, value in original.headers if value is None}
    return f"does not say which headers of {coordinates(original)} are null" if nulls - letter.null_headers else ""


def _named(letter: DeadLetter) -> list[tuple[str, bytes]]:
    return [(name, value or b"") for name, value in letter.original_headers]
