"""Exercises of the notebooks: each solution passes, each stub fails with a hint, and each exercise is in a notebook."""

import pytest
from lab.exercises.conftest import NOTEBOOKS, Check, NotebookExercise, built_by, exercises_of

from checkout.lab.exercises.catalogue import EXERCISES

FOUND = [exercise for path in NOTEBOOKS for exercise in exercises_of(path)]


def test_every_exercise_is_in_one_notebook() -> None:
    assert sorted(each.name for each in FOUND) == sorted(EXERCISES)


@pytest.mark.parametrize("exercise", FOUND, ids=lambda each: each.name)
def test_the_folded_solution_passes(exercise: NotebookExercise, check: Check) -> None:
    feedback = built_by(f'{exercise.solution}\ncheck("{exercise.name}", {_built(exercise)})', check)

    assert feedback.is_right, feedback


@pytest.mark.parametrize("exercise", FOUND, ids=lambda each: each.name)
def test_the_stub_fails_with_the_first_hint(exercise: NotebookExercise, check: Check) -> None:
    feedback = built_by(exercise.stub, check)

    assert not feedback.is_right
    assert "Hint 1 of 3" in feedback.text
    assert "not met" in feedback.text
    assert max(map(len, feedback.text.splitlines())) <= 120


@pytest.mark.parametrize("name", EXERCISES)
def test_no_hint_repeats_another(name: str) -> None:
    hints = EXERCISES[name].hints

    assert len(set(hints)) == len(hints) == 3
    assert all(len(hint) > 20 for hint in hints)


def _built(exercise: NotebookExercise) -> str:
    return exercise.stub.strip().splitlines()[-1].split(", ")[1].removesuffix(")")
