"""Message sizes: what a worker does with messages that their topic does not take."""

from pathlib import Path

import pytest
from sample import FIRST, SECOND, order_id
from sqlalchemy import select
from worker.faulty_service import FaultyServiceHarness
from worker.in_memory_shop import run_once
from worker.outbox_rows import add, outbox_row

from checkout.framework.message import encode
from checkout.messages import MESSAGE_TYPES, PaymentProcessed
from checkout.worker.outbox import OUTBOX, OutboxRow
from checkout.worker.recovery import missing_hops

FAILED = "payment.order-payment-failed"


def test_a_message_that_is_too_large_to_send_dead_letters_its_cause(harness: FaultyServiceHarness) -> None:
    harness.service.reasons[SECOND] = "x" * 1_200_000
    harness.publish(encode(PaymentProcessed(FIRST)), encode(PaymentProcessed(SECOND)))

    run_once(harness.worker)

    (dead_letter,) = harness.dead_letters()
    assert b"1,114,112 bytes, this record has 1,200" in dict(dead_letter.headers)["dlt_error"]
    assert (harness.counts(), harness.lag()) == ({FIRST: 1}, 0)


def test_an_outbox_row_that_is_too_large_is_marked_with_the_reason_and_the_others_are_sent(
    harness: FaultyServiceHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [failed_payment(FIRST, b"{}"), failed_payment(SECOND, b"x" * 1_200_000), failed_payment(order_id(3), b"{}")]
    with harness.database.begin() as db:
        add(db, rows, "faulty-1")

    run_once(harness.worker)
    harness.worker.poll()
    harness.worker.mark_sent()

    with harness.database.read() as db:
        stored = db.execute(select(OUTBOX.c.status, OUTBOX.c.done_at).order_by(OUTBOX.c.number)).all()
    assert [record.key for record in harness.broker.read([FAILED])] == [FIRST.encode(), order_id(3).encode()]
    assert [row.status and row.status.partition(" takes")[0] for row in stored] == [None, f"not sent: {FAILED}", None]
    assert all(row.done_at for row in stored)
    assert f"faulty-1: message PaymentFailed of order {SECOND} is not sent: {FAILED} takes" in capsys.readouterr().err


def test_after_a_crash_no_hop_is_written_for_a_message_that_was_too_large(
    harness: FaultyServiceHarness, tmp_path: Path
) -> None:
    with harness.database.begin() as db:
        add(db, [failed_payment(FIRST, b"{}"), failed_payment(SECOND, b"x" * 1_200_000)], "faulty-1")
    run_once(harness.worker)
    harness.worker.mark_sent()

    lost = missing_hops(tmp_path / "lost.jsonl", harness.database, harness.service, MESSAGE_TYPES, "faulty-1")

    assert [(hop.order, hop.offset) for hop in lost] == [(FIRST, 0)]


def failed_payment(id: str, payload: bytes) -> OutboxRow:
    return outbox_row(id, FAILED, message="PaymentFailed", payload=payload, cause=None, key=id.encode())
