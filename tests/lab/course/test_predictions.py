"""Predictions: an answer is compared with the run as a reader would, and the score counts them."""

import pytest

from checkout.lab import LabError, Predictions


@pytest.mark.parametrize(
    ("mine", "happened", "is_right"),
    [
        (3, 3, True),
        ("3", 3, True),
        (2, 3, False),
        (5.0, "5.00", True),
        ("Stock", "stock", True),
        ("orders", "stock", False),
        (["stock", "orders"], ["orders", "stock"], True),
        ("Stock, orders", {"orders", "stock"}, True),
        ("stock", ["stock"], True),
        (["stock"], ["orders", "stock"], False),
        ([], [], True),
        ("yes", True, True),
        (True, True, True),
        ("no", True, False),
        (1, [1], True),
        ("stock", (name for name in ["stock"]), True),
    ],
)
def test_an_answer_is_compared_with_the_run(mine: object, happened: object, is_right: bool) -> None:
    predict = Predictions()

    assert predict("What happens?", mine).compare(happened).is_right is is_right


def test_the_answer_of_the_run_is_shown_beside_that_of_the_learner() -> None:
    predict = Predictions()

    asked = predict("Which services read it?", ...)
    assert repr(asked) == "Prediction 1: Which services read it?\nReplace ... by your answer."
    assert repr(asked.compare(["stock", "orders"])).endswith("The run: orders, stock (no prediction)")
    wrong = predict("How many?", 1).compare(3)
    assert repr(wrong) == "Prediction 2: How many?\nThe run: 3 (you predicted 1)"
    assert "How many?</b>" in wrong._repr_html_()


def test_the_score_names_what_is_wrong_or_open() -> None:
    predict = Predictions()
    predict("first", 1).compare(1)
    predict("second", 1).compare(2)
    predict("third", ...).compare(2)
    predict("fourth", 4)

    assert predict.score() == (
        "1 of 4 predictions right, 1 not made\n  wrong: 2 second\n  not compared yet: 4 fourth"
    )  # fmt: skip


def test_a_question_that_is_asked_again_counts_once() -> None:
    predict = Predictions()
    predict("How many?", ...)
    predict("How many?", 3).compare(3)

    assert predict.score() == "1 of 1 predictions right, 0 not made"


def test_a_prediction_needs_a_question() -> None:
    with pytest.raises(LabError, match="needs a question"):
        Predictions()(" ", 1)
