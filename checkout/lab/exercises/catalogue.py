"""Catalogue: the exercises by name, in the order of the notebooks."""

from checkout.lab.exercises import csv_adapter, dead_letter_replay, idempotent, loyalty, partitioner
from checkout.lab.exercises.exercise import Exercise

EXERCISES: dict[str, Exercise] = {
    "loyalty": loyalty.EXERCISE,
    "idempotent": idempotent.EXERCISE,
    "partitioner": partitioner.EXERCISE,
    "replay": dead_letter_replay.EXERCISE,
    "csv-adapter": csv_adapter.EXERCISE,
}
