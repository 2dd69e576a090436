"""Matrix: every service killed in every window of its hop, in memory, and what became of the order."""

from checkout.lab.lab import Lab
from checkout.registry import SERVICES

# Where the process dies: the verb it was stopped before, and the verb it still got through.
WINDOWS = {
    "before handle": ("handle", ""),
    "after handle": ("publish", ""),
    "publish, dead, commit": ("publish", "publish"),
    "commit, dead, publish": ("publish", "commit"),
}
GOOD, LOST, TWICE, NOT_TAKEN = "good", "lost", "twice", "no 201"


def crash_matrix(inbox: bool = True, outbox: bool = True) -> dict[str, dict[str, str]]:
    """By service and window: good, lost (it comes to no end), twice (an effect too many), or no 201 (never taken).

    The service dies with its first message in hand and starts again; each cell is a lab of its own.
    """
    return {s.name: {window: _killed(s.name, window, inbox, outbox) for window in WINDOWS} for s in SERVICES}


def _killed(service: str, window: str, inbox: bool, outbox: bool) -> str:
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
    verdict = judge(lab)
    lab.close()
    return verdict


def judge(lab: Lab) -> str:
    """What became of an order of two wooden spoons, by what everybody outside can see."""
    spoons = lab.stock.iloc[0]
    if lab.orders.empty:
        return NOT_TAKEN
    letters, parcels, charges = lab.mailbox["copies"].sum(), len(lab.parcels), (lab.ledger["status"] == "charged").sum()
    if lab.orders["status"].tolist() != ["APPROVED"] or not letters or not parcels or not charges:
        return LOST
    is_once = (spoons["on_hand"], spoons["reserved"], letters, parcels, charges) == (98, 0, 1, 1, 1)
    return GOOD if is_once and lab.dead_letters.empty else TWICE
