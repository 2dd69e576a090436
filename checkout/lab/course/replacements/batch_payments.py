"""Batch payments: an adapter between the topics of Payments and a batch program that knows only CSV files."""

import csv
import io
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, select

from checkout.domain import LARGEST_AMOUNT, is_amount
from checkout.framework.service import Service, Tick, every, on
from checkout.framework.sql import fetch, put, utc_text
from checkout.messages import (
    Message,
    PaymentFailed,
    PaymentNeedsOperator,
    PaymentProcessed,
    PaymentRefunded,
    ProcessPayment,
    RefundPayment,
)

PROGRAM = Path(__file__).with_name("batch_program.py")  # not imported: it runs in a process of its own
COLUMNS = ["kind", "order", "customer", "email", "amount", "method"]  # of its requests, as in the program
HOUR = 3600.0  # seconds
LONGEST_RUN = 300.0  # seconds for one run of the program
WAITING = "waiting"
METADATA = MetaData()
JOBS = Table(
    "jobs",
    METADATA,
    Column("order_id", String(36), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("customer", Text),
    Column("email", Text),
    Column("amount", Text),
    Column("method", String(10)),
    Column("status", String(10)),
    Column("requested_at", Text),
)
Jobs = dict[tuple[str, str], "Job"]  # by order id and kind


@dataclass
class Job:
    """One line of the batch. `kind`: charge or refund. `status`: waiting, or that of the program's result."""

    order_id: str
    kind: str
    customer: str
    email: str
    amount: str
    method: str
    requested_at: str
    status: str = WAITING


class BatchPayments(Service):
    """Steps 8-11, and 13-16 after a late payment: collects the requests, and runs the batch program once an hour.

    `provider`: URL of the payment provider. `last_results`: the CSV file, as the last run has written it.
    """

    name = "payments"
    tables = METADATA

    def __init__(self, provider: str) -> None:
        self.provider, self.last_results = provider, ""

    def load(self, db: Connection, messages: Sequence[Any]) -> Jobs:
        """The jobs of these orders; for a tick also all that are waiting, the oldest first."""
        rows: list[Any] = []
        if any(isinstance(message, Tick) for message in messages):
            waiting = select(JOBS).where(JOBS.c.status == WAITING).order_by(JOBS.c.requested_at, JOBS.c.order_id)
            rows += db.execute(waiting.with_for_update()).all()
        rows += fetch(db, JOBS, JOBS.c.order_id, (message.id for message in messages))
        return {(row.order_id, row.kind): Job(**row._mapping) for row in rows}

    def save(self, db: Connection, state: Jobs) -> None:
        """Stores the jobs."""
        put(db, JOBS, [vars(job) for job in state.values()])

    @on(ProcessPayment)
    def note_charge(self, jobs: Jobs, request: ProcessPayment) -> Iterator[Message]:
        """Step 8: store the request for the next run, or refuse an amount that cannot be charged."""
        total = request.payment.total
        if total and is_amount(total):
            self._note(jobs, "charge", request)
        else:
            reason = f"{total} is not an amount between 0.01 and {LARGEST_AMOUNT:,}.00 EUR"
            yield PaymentFailed(request.id, reason, request.customer_name, request.customer_email)

    @on(RefundPayment)
    def note_refund(self, jobs: Jobs, request: RefundPayment) -> None:
        """Step 13, late payment: store the request for the next run."""
        self._note(jobs, "refund", request)

    def _note(self, jobs: Jobs, kind: str, request: ProcessPayment | RefundPayment) -> None:
        payment = request.payment
        jobs[request.id, kind] = Job(
            request.id, kind, request.customer_name, request.customer_email or "", str(payment.total),
            payment.payment_method, utc_text(self.now()),
        )  # fmt: skip

    @every(HOUR)
    def run_batch(self, jobs: Jobs, tick: Tick) -> Iterator[Message]:
        """Steps 9-10, once an hour: write the file, run the program, publish its results."""
        waiting = [job for job in jobs.values() if job.status == WAITING]
        if waiting:
            with TemporaryDirectory() as folder:
                requests, results = Path(folder, "requests.csv"), Path(folder, "results.csv")
                write_requests(requests, waiting)
                run_program(requests, results, self.provider)
                self.last_results = results.read_bytes().decode()
            for result in csv.DictReader(io.StringIO(self.last_results, newline="")):
                jobs[result["order"], result["kind"]].status = result["status"]
                yield answer_of(result)


def write_requests(file: Path, jobs: Sequence[Job]) -> None:
    """Writes one line for each job."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(COLUMNS)
        writer.writerows([job.kind, job.order_id, job.customer, job.email, job.amount, job.method] for job in jobs)


def run_program(requests: Path, results: Path, provider: str) -> None:
    """Runs the batch program in a process of its own. Raises RuntimeError if it fails."""
    command = [sys.executable, str(PROGRAM), str(requests), str(results), "--payment-provider", provider]
    run = subprocess.run(command, timeout=LONGEST_RUN, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"the batch program failed: {(run.stderr.splitlines() or ['no output'])[-1]}")


def answer_of(result: dict[str, str]) -> Message:
    """The message that a line of the results stands for."""
    order, reason, customer = result["order"], result["reason"], (result["customer"], result["email"] or None)
    if result["status"] == "charged":
        return PaymentProcessed(order)
    if result["status"] == "denied":
        return PaymentFailed(order, reason, *customer)
    if result["status"] == "refunded":
        return PaymentRefunded(order, Decimal(result["amount"]), *customer)
    return PaymentNeedsOperator(order, f"the refund was refused: {reason}")
