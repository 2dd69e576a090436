"""Crash matrix: crashes each service between each two verbs, in memory, and evaluates the order."""

from checkout.lab.lab import Lab
from checkout.registry import SERVICES

# The verb before which the service stops, and the verb that it still calls before it crashes.
WINDOWS = {
    "before handle": ("handle", ""),
    "after handle": ("publish", ""),
    "publish, dead, commit": ("publish", "publish"),
    "commit, dead, publish": ("publish", "commit"),
}
GOOD, LOST, TWICE, NOT_ACCEPTED = "good", "lost", "twice", "no 201"


def crash_matrix(inbox: bool = True, outbox: bool = True) -> dict[str, dict[str, str]]:
    """Returns an outcome by service and moment of the crash, each from a lab of its own.

    `inbox`, `outbox`: as for `Lab`. Outcomes: good; lost (the order is not completed); twice (an effect happens twice);
    no 201 (Orders has not accepted it). The service crashes at its first message and restarts.
    """
    return {s.name: {window: _outcome(s.name, window, inbox, outbox) for window in WINDOWS} for s in SERVICES}


def _outcome(service: str, window: str, inbox: bool, outbox: bool) -> str:
    verb, last = WINDOWS[window]
    lab = Lab(log="memory", inbox=inbox, outbox=outbox)
    lab.place_order("wooden spoon", quantity=2)
    lab.break_at(service, verb)
    lab.run()
    lab.clear_break(service, verb)
    if last:
        lab.step(verb=last)
    lab.crash(service)
    lab.restart(service)
    lab.run()
    outcome = evaluate(lab)
    lab.close()
    return outcome


def evaluate(lab: Lab) -> str:
    """The outcome of an order of two wooden spoons, by its visible effects."""
    spoons = lab.stock.iloc[0]
    if lab.orders.empty:
        return NOT_ACCEPTED
    mails, parcels, charges = lab.mailbox["copies"].sum(), len(lab.parcels), (lab.ledger["status"] == "charged").sum()
    if lab.orders["status"].tolist() != ["APPROVED"] or not mails or not parcels or not charges:
        return LOST
    is_once = (spoons["on_hand"], spoons["reserved"], mails, parcels, charges) == (98, 0, 1, 1, 1)
    return GOOD if is_once and lab.dead_letters.empty else TWICE
