"""Mailbox: a simulated mail server that keeps e-mails, once per Message-ID."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from checkout.simulators.external_system import MOST_ENTRIES, Count, ExternalSystem, FaultSwitches


class Email(msgspec.Struct, frozen=True):
    """An e-mail; `to` holds the recipients of the envelope, joined by a comma and a space."""

    message_id: str
    to: str
    sender: str = msgspec.field(name="from")
    subject: str
    text: str
    order: str | None = None


class ReceivedEmail(Email, frozen=True, kw_only=True):
    """An e-mail in the mailbox: how often it was received, and when first."""

    copies: int
    received_at: datetime


class Switches(FaultSwitches):
    """`fail` answers 451; `drop_after_receiving`: e-mails that are kept and get no response after the final dot."""

    drop_after_receiving: Count = 0


class Mailbox(ExternalSystem[Switches]):
    """The mailbox without servers: thread-safe, in memory. `now` returns the time of receipt, in UTC."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(Switches())
        self._now = now
        self._mails: dict[str, ReceivedEmail] = {}
        self._numbers = itertools.count(1)

    def receive(self, email: Email) -> None:
        """Keeps an e-mail, or counts another copy of it.

        Raises SimulatedFailure, and after keeping it ConnectionDropped.
        """
        with self._processing("drop_after_receiving"):
            key = email.message_id or f"<unnamed-{next(self._numbers)}>"
            fields = msgspec.structs.asdict(email) | {"message_id": key}
            mail = self._mails.get(key) or ReceivedEmail(**fields, copies=0, received_at=self._now())
            self._mails[key] = msgspec.structs.replace(mail, copies=mail.copies + 1)
            if len(self._mails) > MOST_ENTRIES:
                del self._mails[next(iter(self._mails))]

    def mails(self, to: str | None = None, order: str | None = None) -> list[dict[str, Any]]:
        """Returns the e-mails as JSON objects, oldest first; only those to one address or about one order if given."""
        with self._lock:
            kept = list(self._mails.values())
        chosen = [mail for mail in kept if to in (None, *mail.to.split(", ")) and order in (None, mail.order)]
        return [msgspec.to_builtins(mail) for mail in chosen]
