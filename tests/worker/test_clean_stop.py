"""Clean stop: a process that is asked to stop waits for its running calls and stores their replies."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sample import FIRST, order_approved
from waiting import wait_until
from worker.in_memory_shop import InMemoryShop, run_once

from checkout.framework.message import encode
from checkout.journal.journal import Journal
from checkout.messages import MESSAGE_TYPES
from checkout.messaging.log import LogUnavailable
from checkout.processes.service_process import finish_calls
from checkout.worker.calls.external_calls import CallResult, ExternalCalls
from checkout.worker.outbox import OutboxRow, has_open_rows
from checkout.worker.worker import Worker

APPROVED = "order.new-order-approved"


@pytest.fixture
def mail_is_sent() -> threading.Event:
    return threading.Event()


@pytest.fixture
def notifications(shop: InMemoryShop, tmp_path: Path, mail_is_sent: threading.Event) -> Worker:
    """Notifications with threads for its calls, in the middle of sending an e-mail."""
    send: Callable[[OutboxRow], CallResult] = shop.simulators.adapters()["SendEmail"]

    def send_slowly(row: OutboxRow) -> CallResult:
        result = send(row)
        mail_is_sent.wait(10)
        return result

    shop.workers["notifications"].log.abandon()
    shop.workers["notifications"].journal.close()
    service, database = shop.services["notifications"], shop.databases["notifications"]
    log = shop.broker.join("notifications", list(service.topics()), "notifications-1")
    calls = ExternalCalls({"SendEmail": send_slowly}, workers=1)
    worker = Worker(service, MESSAGE_TYPES, log, database, Journal(tmp_path / "stopped.jsonl"), calls)
    shop.workers["notifications"] = worker
    shop.publish(APPROVED, encode(order_approved()))
    run_once(worker)
    wait_until(lambda: shop.simulators.mailbox.mails(), "the mail server has the e-mail")
    return worker


def test_the_reply_of_a_running_call_is_stored(
    shop: InMemoryShop, notifications: Worker, mail_is_sent: threading.Event
) -> None:
    threading.Timer(0.1, mail_is_sent.set).start()

    finish_calls(notifications, timeout=10)

    with notifications.database.read() as db:
        assert not has_open_rows(db)
    assert [mail.status for mail in shop.state("notifications", order_approved(FIRST)).values()] == ["SENT"]


def test_a_call_that_does_not_end_in_time_is_repeated_after_the_start(
    shop: InMemoryShop, notifications: Worker, mail_is_sent: threading.Event
) -> None:
    finish_calls(notifications, timeout=0.05)

    with notifications.database.read() as db:
        assert has_open_rows(db)
    mail_is_sent.set()


def test_a_stop_without_kafka_is_no_error(
    shop: InMemoryShop, notifications: Worker, mail_is_sent: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LogUnavailable("no broker answers")

    monkeypatch.setattr(notifications.log, "commit", fail)
    monkeypatch.setattr(notifications.log, "send", fail)
    shop.publish(APPROVED, encode(order_approved(FIRST)))
    notifications.poll()
    mail_is_sent.set()

    finish_calls(notifications, timeout=10)
