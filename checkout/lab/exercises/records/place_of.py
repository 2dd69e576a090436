"""Exercise place-of: the topic, partition and offset at which the record of an order is stored."""

from collections.abc import Callable
from typing import Any

from checkout.lab.engine.requests import PlacedOrder
from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import differs, first, lab_with
from checkout.lab.lab import Lab

RECEIVED, REQUESTED = "order.new-order-received", "order.process-order-payment"
Places = dict[tuple[str, str], Any]  # by the order's name and the topic


def examine(place_of: Callable[..., Any], found: Examination) -> None:
    """Three orders in one partition, five in four partitions; one order of each lab is sold out."""
    for partitions, customers in ((1, ("Ada", "Linus", "Grace")), (4, ("Ada", "Linus", "Edsger", "Grace", "Joan"))):
        lab = lab_with(partitions=partitions)
        orders = [lab.place_order("garden gnome" if name == "Linus" else "enamel mug", customer=name)
                  for name in customers]  # fmt: skip
        lab.run()
        expected = {(order.name, topic): _place(lab, order, topic) for order in orders for topic in lab.topics["topic"]}
        where = f"{len(orders)} orders, {partitions} partition{'s' * (partitions > 1)} a topic"
        stored = {key: place for key, place in expected.items() if place}
        _judge(found, lab, place_of, f"{where}: the place of each order's record on each topic", stored)
    absent = {key: None for key, place in expected.items() if not place and key[1] == REQUESTED}
    text = "None where there is no such record: no payment was requested for a sold-out order"
    _judge(found, lab, place_of, text, absent)


def _place(lab: Lab, order: PlacedOrder, topic: str) -> str:
    found = (record for record in lab.records(topic) if record.key == order.id.encode())
    return next((f"{topic}[{record.partition}]@{record.offset}" for record in found), "")


def _judge(found: Examination, lab: Lab, place_of: Callable[..., Any], text: str, expected: Places) -> None:
    def wrong(places: Places) -> str:
        pairs = ((key, differs(places[key], right)) for key, right in expected.items())
        return first(f"{key[0]} on {key[1]}: {sentence}" for key, sentence in pairs if sentence)

    found.judge(text, lambda: {key: place_of(lab, *key) for key in expected}, wrong, lab)


EXERCISE = Exercise(
    "a function of a lab, the name of an order and a topic",
    (
        "lab.messages is a table with a row for each record: its columns topic, partition, offset and key are enough.",
        "The key of a record is the order's name. Select the rows in which both the topic and the key are the right "
        "ones; there may be none.",
        "found = lab.messages.query('topic == @topic and key == @order'); if len(found): the place is made of "
        "found['partition'].iloc[0] and found['offset'].iloc[0].",
    ),
    examine,
)
