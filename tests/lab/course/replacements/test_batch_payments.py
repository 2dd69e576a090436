"""Batch payments: requests wait for the hourly run, names survive the CSV files, nothing is charged twice."""

import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from sample import ADA, EMAIL, FIRST, SECOND, payment, process_payment
from services.service_harness import ServiceHarness

from checkout.framework.service import Tick
from checkout.lab.course.replacements import batch_payments, batch_program
from checkout.lab.course.replacements.batch_payments import BatchPayments
from checkout.messages import (
    PaymentFailed,
    PaymentNeedsOperator,
    PaymentProcessed,
    PaymentRefunded,
    RefundPayment,
)
from checkout.services.payments import Payments
from checkout.simulators import http_api, payment_broker_http
from checkout.simulators.payment_broker import PaymentBroker

TICK = Tick("run_batch 2026-01-01T11:00:00Z", "2026-01-01T11:00:00Z")
QUOTED = ["Lovelace, Ada", 'Ada "Countess" King', "Ada\nLovelace", "Ada\r\nLovelace", " Ada ", "=1+1", "Zoë 日本", "'"]


@pytest.fixture
def provider() -> PaymentBroker:
    """A payment provider."""
    return PaymentBroker()


@pytest.fixture
def batch(provider: PaymentBroker) -> Iterator[ServiceHarness]:
    """The batch system with that provider, which is served over HTTP."""
    with http_api.serve_in_thread(payment_broker_http.app(provider)) as url:
        harness = ServiceHarness(BatchPayments(url))
        yield harness
        harness.database.close()


def test_nothing_is_charged_before_the_run(batch: ServiceHarness, provider: PaymentBroker) -> None:
    sent = batch.handle(process_payment(), process_payment(SECOND))

    assert sent == [] and provider.ledger.entries() == []
    assert {key: job.status for key, job in batch.state(TICK).items()} == {
        (FIRST, "charge"): "waiting", (SECOND, "charge"): "waiting",
    }  # fmt: skip


def test_a_run_charges_all_that_wait_in_the_order_of_the_requests_and_each_once(
    batch: ServiceHarness, provider: PaymentBroker
) -> None:
    batch.handle(process_payment(SECOND, total="8.50"))
    batch.handle(process_payment(FIRST))

    sent = batch.handle(TICK)

    assert sent == [PaymentProcessed(SECOND), PaymentProcessed(FIRST)]
    assert batch.handle(TICK) == []
    charged = [(entry["order"], entry["amount"], entry["attempts"]) for entry in provider.ledger.entries()]
    assert charged == [(SECOND, Decimal("8.50"), 1), (FIRST, Decimal("10.00"), 1)]


def test_a_request_in_the_batch_of_the_tick_is_charged_with_the_others(batch: ServiceHarness) -> None:
    assert batch.handle(process_payment(), TICK) == [PaymentProcessed(FIRST)]


@pytest.mark.parametrize("name", QUOTED)
def test_every_name_survives_the_csv_files(batch: ServiceHarness, provider: PaymentBroker, name: str) -> None:
    provider.switches.deny = "the card, \"Visa\",\nhas expired"
    batch.handle(msgspec.structs.replace(process_payment(), customer_name=name), process_payment(SECOND))

    sent = batch.handle(TICK)

    reason = provider.switches.deny
    assert sent == [PaymentFailed(FIRST, reason, name, EMAIL), PaymentFailed(SECOND, reason, ADA, EMAIL)]


def test_a_customer_without_an_address_stays_without_one(batch: ServiceHarness, provider: PaymentBroker) -> None:
    provider.switches.deny = "above the limit"
    batch.handle(msgspec.structs.replace(process_payment(), customer_email=None))

    assert batch.handle(TICK) == [PaymentFailed(FIRST, "above the limit", ADA, None)]


@pytest.mark.parametrize("total", ["0.00", "-1.00", "NaN", "1000000.01", None])
def test_an_invalid_amount_is_refused_at_once_as_payments_does(batch: ServiceHarness, total: str | None) -> None:
    ours = ServiceHarness(Payments())

    sent = batch.handle(process_payment(total=total))

    assert sent == ours.handle(process_payment(total=total))
    assert batch.handle(TICK) == []
    ours.database.close()


def test_a_refund_waits_for_the_next_run(batch: ServiceHarness, provider: PaymentBroker) -> None:
    batch.handle(process_payment())
    batch.handle(TICK)

    waiting = batch.handle(RefundPayment(FIRST, ADA, payment("10.00"), EMAIL))
    sent = batch.handle(TICK)

    assert waiting == []
    assert sent == [PaymentRefunded(FIRST, Decimal("10.00"), ADA, EMAIL)]
    assert [entry["status"] for entry in provider.refunds.entries()] == ["refunded"]


def test_a_refund_without_a_charge_is_left_to_an_operator(batch: ServiceHarness) -> None:
    batch.handle(RefundPayment(FIRST, ADA, payment("10.00"), EMAIL))

    assert batch.handle(TICK) == [PaymentNeedsOperator(FIRST, "the refund was refused: more than was charged")]


def test_a_request_without_an_answer_is_in_the_next_file_too(batch: ServiceHarness, provider: PaymentBroker) -> None:
    batch.handle(process_payment(), process_payment(SECOND))
    provider.switches.fail = 1

    first, second = batch.handle(TICK), batch.handle(TICK)

    assert first == [PaymentProcessed(SECOND)] and second == [PaymentProcessed(FIRST)]


def test_a_charge_whose_answer_is_lost_is_not_made_twice(batch: ServiceHarness, provider: PaymentBroker) -> None:
    batch.handle(process_payment())
    provider.switches.drop_after_charging = 1

    lost, found = batch.handle(TICK), batch.handle(TICK)

    assert lost == [] and found == [PaymentProcessed(FIRST)]
    assert [entry["attempts"] for entry in provider.ledger.entries()] == [2]


def adapter_of(batch: ServiceHarness) -> BatchPayments:
    """The adapter in a harness."""
    assert isinstance(batch.service, BatchPayments)
    return batch.service


def test_a_program_that_fails_leaves_the_requests_waiting(batch: ServiceHarness) -> None:
    batch.handle(process_payment())
    adapter = adapter_of(batch)
    url, adapter.provider = adapter.provider, "http://127.0.0.1:port"

    with pytest.raises(RuntimeError, match="the batch program failed: httpx.InvalidURL"):
        batch.handle(TICK)
    adapter.provider = url

    assert batch.handle(TICK) == [PaymentProcessed(FIRST)]


def test_results_of_an_earlier_run_are_not_read_again(batch: ServiceHarness) -> None:
    batch.handle(process_payment())
    batch.handle(TICK)
    batch.handle(process_payment(SECOND))

    assert batch.handle(TICK) == [PaymentProcessed(SECOND)]


def test_the_results_have_a_line_for_each_request(batch: ServiceHarness) -> None:
    batch.handle(process_payment())
    batch.handle(TICK)

    heading, line = adapter_of(batch).last_results.splitlines()

    assert heading == ",".join([*batch_program.COLUMNS, "status", "reason"])
    assert line == f"charge,{FIRST},{ADA},{EMAIL},10.00,CREDIT,charged,"


def test_a_run_leaves_no_file(batch: ServiceHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    batch.handle(process_payment())

    sent = batch.handle(TICK)

    assert sent == [PaymentProcessed(FIRST)]
    assert list(tmp_path.iterdir()) == []


def test_adapter_and_program_agree_on_the_columns() -> None:
    assert batch_payments.COLUMNS == batch_program.COLUMNS
