"""Check: hints one at a time, progress, errors of the learner's code, and objects of another kind."""

from pathlib import Path
from typing import Any

import pytest

from checkout.lab.errors import LabError
from checkout.lab.exercises.check import Exercises
from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise, Feedback


def doubled(built: Any, found: Examination) -> None:
    for number in (1, 2):
        result = found.attempt(f"{number} becomes {2 * number}", lambda number=number: built(number))
        if result is not None:
            found.require(f"{number} becomes {2 * number}", result == 2 * number, f"it becomes {result}")


EXERCISE = Exercise("a function", ("Multiply.", "Multiply by a number.", "Multiply by two."), doubled)


@pytest.fixture
def exercises(tmp_path: Path) -> Exercises:
    return Exercises(tmp_path, {"double": EXERCISE, "other": EXERCISE})


def test_a_right_answer_is_done(exercises: Exercises) -> None:
    feedback = exercises.check("double", lambda number: 2 * number)

    assert (feedback.is_right, feedback.text) == (True, "double: done.\nmet      1 becomes 2\nmet      2 becomes 4")


def test_a_wrong_answer_tells_what_was_seen_and_gives_one_more_hint_each_time(exercises: Exercises) -> None:
    texts = [exercises.check("double", lambda number: number + 1).text for _ in range(4)]

    assert texts[0] == (
        "double: 1 of 2 requirements met.\nmet      1 becomes 2\nnot met  2 becomes 4\n           it becomes 3\n"
        "Hint 1 of 3: Multiply."
    )  # fmt: skip
    assert [text.splitlines()[-1].split(":")[0] for text in texts] == [
        "Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3",
    ]  # fmt: skip


def test_an_error_of_the_learners_code_names_its_line(exercises: Exercises) -> None:
    code = compile("def double(number):\n    return number.twice\n", "cell", "exec")
    namespace: dict[str, Any] = {}
    exec(code, namespace)

    feedback = exercises.check("double", namespace["double"])

    assert "your code raised AttributeError: 'int' object has no attribute 'twice' (line 2)" in feedback.text


@pytest.mark.parametrize(("name", "built", "said"), [("triple", len, "there is no exercise"), ("double", 4, "takes a")])
def test_another_name_or_object_is_refused(exercises: Exercises, name: str, built: Any, said: str) -> None:
    with pytest.raises(LabError, match=said):
        exercises.check(name, built)


def test_progress_is_kept_for_the_next_session(exercises: Exercises, tmp_path: Path) -> None:
    exercises.check("double", lambda number: 2 * number)

    again = Exercises(tmp_path, {"double": EXERCISE, "other": EXERCISE})
    assert again.progress() == "1 of 2 done; left: other"


def test_without_a_wrong_run_there_is_no_walk() -> None:
    with pytest.raises(LabError, match="nothing to walk through"):
        Feedback("double", Examination(), "").walk()


def test_markup_in_feedback_is_escaped() -> None:
    found = Examination()
    found.require("<b>", False, "<img src=x>")

    assert "&lt;img src=x&gt;" in Feedback("double", found, "")._repr_html_()
