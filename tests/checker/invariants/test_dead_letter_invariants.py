"""Dead-letter invariant: I20 holds in a good run, and each way to break it is found."""

from dataclasses import replace

import pytest
from checker.breaking import change_record, more_records, problems

from checkout.checker.facts import ORDER_RECEIVED
from checkout.checker.witnesses import Witnesses
from checkout.messaging.log import Record

DLT = f"{ORDER_RECEIVED}.stock.dlt"


def letter(good: Witnesses) -> Record:
    (found,) = [record for record in good.records if record.topic == DLT]
    return found


def with_headers(record: Record, **changed: bytes) -> list[tuple[str, bytes | None]]:
    return [(name, changed.get(name, value)) for name, value in record.headers]


def test_the_dead_letters_of_a_good_run_are_copies(good: Witnesses) -> None:
    assert problems(good, "I20") == []
    assert len([record for record in good.records if record.topic.endswith(".dlt")]) == 2


@pytest.mark.parametrize(("fields", "what"), [({"value": b"other"}, "value"), ({"key": b"other"}, "key")])
def test_a_dead_letter_that_is_no_copy_is_found(good: Witnesses, fields: dict[str, bytes], what: str) -> None:
    (problem,) = problems(change_record(good, letter(good), **fields), "I20")

    assert problem.startswith(f"{DLT}[0]@0 has other {what} than {ORDER_RECEIVED}[0]@")


def test_a_dead_letter_that_has_lost_a_header_is_found(good: Witnesses) -> None:
    record = letter(good)
    lost = [(name, value) for name, value in record.headers if name != "h"]

    (problem,) = problems(change_record(good, record, headers=lost), "I20")
    assert problem.startswith(f"{DLT}[0]@0 has other headers than ")


def test_a_dead_letter_of_no_record_is_found(good: Witnesses) -> None:
    record = letter(good)
    nowhere = change_record(good, record, headers=with_headers(record, dlt_offset=b"777"))

    assert problems(nowhere, "I20") == [f"{DLT}[0]@0 names {ORDER_RECEIVED}[0]@777, where no record is"]


def test_a_dead_letter_of_a_group_that_does_not_read_the_topic_is_found(good: Witnesses) -> None:
    moved = change_record(good, letter(good), topic=f"{ORDER_RECEIVED}.payments.dlt")

    (problem,) = problems(moved, "I20")
    assert problem.endswith(f"is of group 'payments', which does not read {ORDER_RECEIVED}")


def test_a_header_without_a_value_must_be_named(good: Witnesses) -> None:
    record = letter(good)
    original = next(r for r in good.records if r.topic == ORDER_RECEIVED and r.value == b"no JSON")
    null = change_record(good, original, headers=[("h", None)])
    null = change_record(null, record, headers=[("h", b""), *record.headers[1:]])
    named = change_record(null, letter(null), headers=[*letter(null).headers, ("dlt_null_headers", b"h")])

    assert len(problems(null, "I20")) == 1
    assert problems(named, "I20") == []


def test_records_of_other_programs_on_a_dead_letter_topic_are_only_counted(good: Witnesses) -> None:
    foreign = more_records(good, Record(DLT, 0, 1, None, b"anything"))

    assert problems(foreign, "I20") == []


def test_a_dead_letter_is_a_repeat_of_itself(good: Witnesses) -> None:
    assert problems(more_records(good, letter(good)._replace(offset=1)), "I20") == []
    assert problems(replace(good, records=good.records), "I14") == []
