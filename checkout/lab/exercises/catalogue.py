"""Catalogue: the exercises by name, in the order of the notebooks."""

from checkout.lab.exercises import csv_adapter, dead_letter_replay, idempotent, loyalty, partitioner
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.records import assign, draw, key_of, place_of, read_any_version, record_of, work_queue
from checkout.lab.exercises.services import (
    charge,
    first_listener,
    late_payment,
    missing_products,
    retry,
    stop_before_payment,
    verbs,
    vouchers,
)

EXERCISES: dict[str, Exercise] = {
    "stop-before-payment": stop_before_payment.EXERCISE,
    "place-of": place_of.EXERCISE,
    "record-of": record_of.EXERCISE,
    "key-of": key_of.EXERCISE,
    "missing-products": missing_products.EXERCISE,
    "vouchers": vouchers.EXERCISE,
    "verbs": verbs.EXERCISE,
    "assign": assign.EXERCISE,
    "retry": retry.EXERCISE,
    "first-listener": first_listener.EXERCISE,
    "charge": charge.EXERCISE,
    "queue": work_queue.EXERCISE,
    "draw": draw.EXERCISE,
    "read-any-version": read_any_version.EXERCISE,
    "loyalty": loyalty.EXERCISE,
    "idempotent": idempotent.EXERCISE,
    "partitioner": partitioner.EXERCISE,
    "replay": dead_letter_replay.EXERCISE,
    "csv-adapter": csv_adapter.EXERCISE,
    "late-payment": late_payment.EXERCISE,
}
