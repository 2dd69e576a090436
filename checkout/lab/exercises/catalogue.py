"""Catalogue: the exercises by name, in the order of the notebooks."""

from checkout.lab.exercises import loyalty
from checkout.lab.exercises.exercise import Exercise

EXERCISES: dict[str, Exercise] = {
    "loyalty": loyalty.EXERCISE,
}
