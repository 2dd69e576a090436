"""Injection: a fault is injected while orders are placed; afterwards the checker finds that all invariants hold."""

import threading
from contextlib import ExitStack

from faults.cases import Case
from waiting import wait_until

from checkout.faults.site import Site
from checkout.faults.trial import Trial

MOST_ORDERS, RATE = 500, 10.0  # placed while the fault begins, lasts and ends
EFFECT_WITHIN = 40.0  # seconds: longer than the session of a group and the time-out of a call


def check_fault(site: Site, trial: Trial, case: Case) -> None:
    """Fails unless the fault has had its effect, no process has ended because of it, and all invariants hold."""
    fault, has_effect, before = case.make(site), case.effect(site), requests(trial)
    trial.faults.append(fault)
    is_over = threading.Event()
    with trial.load(MOST_ORDERS, RATE, is_over.is_set), ExitStack() as stack:
        stack.callback(is_over.set)
        wait_until(lambda: requests(trial) > before + 3, "orders are placed")
        with fault.injected():
            wait_until(has_effect, f"{fault.name} has an effect", EFFECT_WITHIN)
    report = trial.check()

    assert dict(site.store.crashed()) == {}, fault.name
    assert trial.loads[-1].unknown == []
    assert report.violations == [], report
    assert report.not_checked == [], report


def requests(trial: Trial) -> int:
    """How many requests the clients have made."""
    return trial.client_log.read_bytes().count(b"\n") if trial.client_log.exists() else 0
