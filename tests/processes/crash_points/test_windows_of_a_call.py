"""Windows of a call: a process dies within a request over HTTP or SMTP; the other side has it, or has it not."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from processes.crash_points.watched_shop import Killed
from waiting import wait_until
from worker.outbox_rows import CHARGE, MAIL, PARCEL, external_call

from checkout.framework.http_server import listen
from checkout.processes.crash_points.crash_point import CrashPoint
from checkout.processes.crash_points.watched_calls import watch_calls
from checkout.simulators import http_api, mailbox_http, payment_broker_http, shipment_company_http
from checkout.simulators.mailbox import Mailbox
from checkout.simulators.payment_broker import PaymentBroker
from checkout.simulators.shipment_company import ShipmentCompany
from checkout.worker.calls.adapters import HttpAdapter, SmtpAdapter

NewPoint = Callable[[str], CrashPoint]


@pytest.fixture
def provider_and_adapter() -> Iterator[tuple[PaymentBroker, HttpAdapter]]:
    provider = PaymentBroker()
    with http_api.serve_in_thread(payment_broker_http.app(provider)) as address:
        adapter = HttpAdapter(address)
        yield provider, adapter
        adapter._client.close()


@pytest.fixture
def mailbox_and_adapter() -> Iterator[tuple[Mailbox, SmtpAdapter]]:
    inbox = Mailbox()
    with listen(0, "the mailbox of a test") as smtp, http_api.serve_in_thread(mailbox_http.app(inbox, smtp)):
        adapter = SmtpAdapter("smtp://{}:{}".format(*smtp.getsockname()))
        yield inbox, adapter
        adapter._disconnect()


def call(point: CrashPoint, message: str, adapter: Any, row: Any) -> None:
    answers: list[None] = []
    with pytest.raises(Killed):
        watch_calls(point, message, adapter, lambda: answers.append(None))(row)
    assert answers == []


@pytest.mark.parametrize(("window", "charges"), [("P1-charge", 0), ("P2-charge", 1), ("P3-charge", 1)])
def test_the_provider_has_a_charge_once_its_request_is_sent(
    provider_and_adapter: Any, new_point: NewPoint, window: str, charges: int
) -> None:
    provider, adapter = provider_and_adapter

    call(new_point(window), "ChargeCard", adapter.charge, external_call(CHARGE))

    wait_until(lambda: len(provider.ledger.entries()) == charges, f"the provider has {charges} charges")


def test_the_windows_of_a_refund_are_not_those_of_a_charge(provider_and_adapter: Any, new_point: NewPoint) -> None:
    _, adapter = provider_and_adapter
    point, answers = new_point("P2-refund"), list[None]()
    watch_calls(point, "RefundCard", adapter.refund, lambda: None)

    watch_calls(point, "ChargeCard", adapter.charge, lambda: answers.append(None))(external_call(CHARGE))

    assert len(answers) == 1


def test_the_company_has_a_parcel_whose_answer_is_not_read(new_point: NewPoint) -> None:
    company = ShipmentCompany()
    with http_api.serve_in_thread(shipment_company_http.app(company)) as address:
        adapter = HttpAdapter(address)

        call(new_point("W4"), "BookParcel", adapter.book, external_call(PARCEL))

        wait_until(lambda: len(company.ledger.entries()) == 1, "the company has the parcel")
        adapter._client.close()


@pytest.mark.parametrize(("window", "mails"), [("W3", 0), ("S1", 0), ("S2", 1), ("W4", 1), ("S3", 1)])
def test_the_mailbox_has_an_email_once_its_end_is_sent(
    mailbox_and_adapter: Any, new_point: NewPoint, window: str, mails: int
) -> None:
    inbox, adapter = mailbox_and_adapter

    call(new_point(window), "SendEmail", adapter.send, external_call(MAIL))
    adapter._disconnect()  # as the end of the process does

    wait_until(lambda: len(inbox.mails()) == mails, f"the mailbox has {mails} e-mails")
