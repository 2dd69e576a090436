"""Verdict: what is wrong with a store after a round of crashes, by the checker."""

from pathlib import Path

from checkout.checker.check import check
from checkout.checker.collect.shop import of_shop
from checkout.checker.facts import CALLS_AT_ONCE
from checkout.checker.results import Report
from checkout.checker.witnesses import Witnesses
from checkout.load.rest import NotAtRest, wait_for_rest
from checkout.messages import PaymentProcessed, ReservationExpired
from checkout.processes.shop_file import find_shop
from checkout.processes.supervisor import Supervisor

REST_WITHIN = 120.0  # seconds


class Verdict:
    """The verdicts about one store. `report` is the last report of the checker."""

    def __init__(self, store: Supervisor, client_log: Path) -> None:
        self._home, self._client_log = store.settings.home, client_log
        self._known: set[str] = set()
        self._lost_replies = 0
        self.report = Report(())
        self._raced: set[bytes | None] = set()
        self.has_race = False  # whether a reservation has expired since the last call whose payment succeeded

    def problems(self, killed_senders: int) -> list[str]:
        """Waits for rest and checks all invariants; returns the problems that earlier calls have not returned.

        `killed_senders`: crashes of Notifications since the last call, each of which may send some e-mails again.
        """
        shop, found = find_shop(self._home), list[str]()
        self._lost_replies += killed_senders * CALLS_AT_ONCE
        try:
            wait_for_rest(shop, REST_WITHIN)
        except NotAtRest as error:
            found.append(str(error))
        witnesses = of_shop(shop, self._client_log, lost_replies=self._lost_replies)
        raced = _raced(witnesses) - self._raced
        self._raced |= raced
        self.has_race = bool(raced)
        self.report = check(witnesses)
        found += [f"{v.invariant}: {v.order or 'the store'}: {v.evidence}" for v in self.report.violations]
        unchecked = [result for result in self.report.results if result.not_checked]
        found += [f"{result.invariant} is not checked: {result.not_checked}" for result in unchecked]
        fresh = [problem for problem in found if problem not in self._known]
        self._known |= set(fresh)
        return fresh


def _raced(witnesses: Witnesses) -> set[bytes | None]:
    expired, paid = (
        {record.key for record in witnesses.records if record.topic == topic}
        for topic in (ReservationExpired.topic, PaymentProcessed.topic)
    )
    return expired & paid
