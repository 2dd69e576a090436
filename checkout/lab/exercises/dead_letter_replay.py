"""Exercise replay: repairs and publishes dead letters, once each."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import lab_with
from checkout.lab.lab import Lab

RECEIVED, DEAD = "order.new-order-received", "order.new-order-received.stock.dlt"
IDS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
QUANTITIES = ("2", "3")  # texts: Stock expects numbers
UNREADABLE = "two spoons, please"
Replay = Callable[[Lab], Any]


def examine(replay: Replay, found: Examination) -> None:
    """Three dead letters, of which two can be repaired; the replay is called twice; then Stock crashes."""
    lab = _with_dead_letters()
    lab.run()
    dead, text = len(lab.dead_letters), "the two orders with a quantity as text are approved, with 2 and 3 spoons"
    if found.attempt(text, lambda: [replay(lab)]) is None:
        return
    lab.run()
    _require_once(found, lab, text)
    found.require("the unreadable record is not published again", len(lab.dead_letters) == dead,
                  f"there are {len(lab.dead_letters)} dead letters instead of {dead}", lab)  # fmt: skip
    keys = [record.key for record in lab.records(RECEIVED)[dead:]]
    found.require("the key of each record is its order's id", keys == [id.encode() for id in IDS], f"keys: {keys}", lab)
    found.attempt("called again, it runs", lambda: [replay(lab)])
    lab.run()
    _require_once(found, lab, "called again, it sells nothing twice")
    found.crash("stock", _with_dead_letters, _wrong, partial(_finish, replay), last=len(QUANTITIES) * 2 + 1)


def _with_dead_letters() -> Lab:
    lab = lab_with()
    for id, quantity in zip(IDS, QUANTITIES, strict=True):
        order = {"id": id, "customerName": "Zoë", "products": [{"sku": 1, "quantity": quantity}],
                 "payment": {"paymentMethod": "CREDIT"}}  # fmt: skip
        lab.send(RECEIVED, json.dumps(order), key=id)
    lab.send(RECEIVED, UNREADABLE)
    return lab


def _finish(replay: Replay, lab: Lab) -> None:
    lab.run()
    if not lab.status().stopped_at:
        replay(lab)
        lab.run()


def _wrong(lab: Lab) -> str:
    sold, charged = 100 - int(lab.stock["on_hand"][0]), (lab.ledger["status"] == "charged").sum()
    statuses = lab.orders["status"].tolist()
    if statuses == ["APPROVED"] * len(IDS) and (sold, charged) == (5, 2):
        return ""
    return f"orders: {', '.join(statuses) or 'none'}; {sold} spoons sold and {charged} charges instead of 5 and 2"


def _require_once(found: Examination, lab: Lab, text: str) -> None:
    wrong = _wrong(lab)
    found.require(text, not wrong, wrong, lab)


EXERCISE = Exercise(
    "a function of a lab",
    (
        f'lab.records("{DEAD}") has the dead letters: key, value and headers as bytes. lab.send publishes.',
        "json.loads reads a value, and raises ValueError for the unreadable one: leave that one alone.",
        'Set line["quantity"] = int(line["quantity"]) for each line of order["products"], and publish '
        'json.dumps(order) to the original topic with key=order["id"].',
    ),
    examine,
)
