"""Dead letters: they keep the original record with its place, and give it back unchanged."""

from datetime import UTC, datetime

import pytest

from checkout.messages import MESSAGE_TYPES
from checkout.messaging.log import ProducerRecord, Record
from checkout.worker.dead_letters import (
    HEADERS,
    DeadLetter,
    dead_letter_record,
    dead_letter_row,
    first_offsets,
    read_dead_letter,
    replays,
)
from checkout.worker.sending import to_record

AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
TOPIC, LETTERS = "order.new-order-received", "order.new-order-received.stock.dlt"
Headers = list[tuple[str, bytes | None]]


def dead_letter(record: Record, offset: int = 0) -> Record:
    """The dead letter of a record as its topic has it."""
    sent = dead_letter_record(dead_letter_row(record, ValueError("no"), "stock", AT))
    return Record(sent.topic, 0, offset, sent.key, sent.value, list(sent.headers))


def read(record: Record, offset: int = 0) -> DeadLetter:
    found = read_dead_letter(dead_letter(record, offset))
    assert found
    return found


@pytest.mark.parametrize("value", [None, b"", b"\x00\xff", b'{"id": 1}'])
@pytest.mark.parametrize("key", [None, b"", b"k\xff"])
@pytest.mark.parametrize("headers", [[], [("a", b"1"), ("a", b"\xff")], [("dlt_topic", b"mine")]])
def test_a_replay_has_the_bytes_headers_and_partition_of_the_original(
    value: bytes | None, key: bytes | None, headers: Headers
) -> None:
    letter = read(Record(TOPIC, 3, 17, key, value, headers), 5)

    assert letter.replay() == ProducerRecord(
        TOPIC, key, value, [*headers, ("dlt_replay_of", f"{LETTERS}[0]@5".encode())], 3
    )
    assert (letter.group, letter.origin, letter.error, letter.at) == (
        "stock", f"{TOPIC}[3]@17", "no", "2026-01-01T10:00:00.000000Z",
    )  # fmt: skip


def test_a_header_without_a_value_is_replayed_as_an_empty_one() -> None:
    letter = read(Record(TOPIC, 0, 0, None, b"x", [("a", None), ("b", b"1")]))

    assert list(letter.replay().headers)[:2] == [("a", b""), ("b", b"1")]


def test_the_dead_letter_of_a_replay_is_replayed_like_the_first() -> None:
    first = read(Record(TOPIC, 0, 4, b"k", b"x", [("a", b"1")]))
    sent = first.replay()
    second = read(Record(sent.topic, 0, 9, sent.key, sent.value, list(sent.headers)), 1)

    assert second.origin == f"{TOPIC}[0]@9"
    assert second.replay().headers == [("a", b"1"), ("dlt_replay_of", f"{LETTERS}[0]@1".encode())]


@pytest.mark.parametrize("headers", [[], [("dlt_topic", b"t")], [("dlt_topic", b"t"), ("dlt_partition", b"x")]])
def test_a_record_of_another_program_on_a_dead_letter_topic_is_no_dead_letter(headers: Headers) -> None:
    assert read_dead_letter(Record(LETTERS, 0, 0, None, b"x", headers)) is None


def test_replays_are_found_by_the_dead_letter_they_name() -> None:
    places = (0, 7), (0, 3), (1, 2)
    letters = [read(Record(TOPIC, partition, offset, None, b"x", []), offset) for partition, offset in places]
    sent = letters[1].replay()
    records = [Record(TOPIC, 0, 8, None, b"x", []), Record(TOPIC, 0, 9, None, b"x", list(sent.headers))]

    assert replays(records) == {f"{LETTERS}[0]@3": f"{TOPIC}[0]@9"}
    assert first_offsets(letters) == {(TOPIC, 0): 4, (TOPIC, 1): 3}


def test_a_dead_letter_names_the_headers_without_a_value() -> None:
    headers = [("theirs", None), ("empty", b""), ("other", None)]
    record = Record(TOPIC, 0, 7, b"k", b"hello", headers)

    sent = to_record(dead_letter_row(record, ValueError("no message"), "stock", AT), MESSAGE_TYPES)

    assert list(sent.headers[:3]) == [("theirs", b""), ("empty", b""), ("other", b"")]
    assert sent.headers[-1] == ("dlt_null_headers", b"theirs, other")


def test_a_dead_letter_keeps_an_error_that_is_not_unicode() -> None:
    row = dead_letter_row(Record(TOPIC, 0, 0, None, b"x"), ValueError("reason \ud800"), "stock", AT)

    assert dict(HEADERS.decode(row.headers))["dlt_error"] == b"reason \\ud800"
