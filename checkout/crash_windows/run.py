"""Run: kills services in windows while customers order, starts them again, and checks all invariants at rest."""

from collections.abc import Callable, Iterable, Sequence

from checkout.crash_windows.crashes import Crashes
from checkout.crash_windows.customers import Customers
from checkout.crash_windows.plan import PlannedCrash, rounds
from checkout.crash_windows.results import WindowOutcome, WindowResult
from checkout.crash_windows.verdict import Verdict
from checkout.crash_windows.windows import Needs, Window
from checkout.processes.supervisor import Supervisor

SWITCHES: dict[Needs, dict[str, dict[str, object]]] = {  # of the external systems, so that windows are reached
    Needs.REFUNDS: {"shipment_company": {"refuse": "there is no such street"}},
    Needs.EXPIRIES: {"payment_broker": {"delay": 1.5}},  # seconds, longer than the reservations of the replica
}
OnRound = Callable[[Sequence[WindowResult]], None]


class CrashRun:
    """Crashes in windows of one running store, with customers whose orders are those of a seed."""

    def __init__(self, store: Supervisor, seed: int) -> None:
        self._replicas = max(store.scale.values())
        self.customers = Customers(store, seed)
        self._crashes = Crashes(store)
        self.verdict = Verdict(store, self.customers.log_path)

    def run(self, windows: Iterable[Window], on_round: OnRound = lambda results: None) -> list[WindowResult]:
        """Tries all these windows, in rounds; calls `on_round` with the results of each."""
        found: list[WindowResult] = []
        for planned in rounds(windows, self._replicas):
            results = self._round(planned)
            on_round(results)
            found += results
        return found

    def close(self) -> None:
        """Closes the log of the customers."""
        self.customers.close()

    def _round(self, planned: Sequence[PlannedCrash]) -> list[WindowResult]:
        for needs in {crash.window.needs for crash in planned}:
            self.customers.set_switches(SWITCHES.get(needs, {}))
        self._crashes.arm(planned)
        with self.customers.ordering():
            happened = self._crashes.wait(planned, self._after)
        self.customers.reset_switches()
        problems = self.verdict.problems(killed_senders=sum(c.window.service == "notifications" for c in happened))
        return [self._result(crash, crash in happened, problems) for crash in planned]

    def _after(self, crash: PlannedCrash) -> None:
        # Slow payments would delay all orders of the round.
        if crash.window.needs is Needs.EXPIRIES:
            self.customers.reset_switches()

    def _result(self, crash: PlannedCrash, has_happened: bool, problems: list[str]) -> WindowResult:
        is_hit = has_happened and (crash.window.name != "T2" or self.verdict.has_race)
        outcome = WindowOutcome.BROKEN if problems else WindowOutcome.GOOD
        return WindowResult(
            window=crash.window.id, replicas=self._replicas, replica=crash.replica, time=crash.time,
            outcome=outcome if is_hit else WindowOutcome.NOT_HIT, problems=problems,
        )  # fmt: skip
