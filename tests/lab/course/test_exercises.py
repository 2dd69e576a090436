"""Exercises: answers in any wording, one hint at a time, no solutions; the right answers are derived from the code."""

import re
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checkout import registry
from checkout.journal.hop import Hop
from checkout.lab.course.exercises import EXERCISES, AnswerFeedback, Exercises
from checkout.lab.course.extra_services import Loyalty
from checkout.lab.engine.clock import order_id
from checkout.lab.errors import LabError
from checkout.lab.history.moments import Moments
from checkout.messages import TOPICS, OrderApproved, PaymentFailed, ProductsReservationFailed, SendEmail
from checkout.messaging.log import ProducerRecord
from checkout.messaging.memory_log import MemoryBroker

SERVICES = Path(registry.__file__).parent / "services"
ALL = {
    "arrows": 17, "listeners": {"stock", "shipments", "notifications"}, "partition": {2, "key"}, "lag": 1,
    "last-verb": "commit", "published-first": "twice", "committed-first": "lost", "joining": "none", "apology": 7,
    "reason": "payment.order-payment-failed",
}  # fmt: skip
CHOICES = {"published-first", "committed-first"}  # whose question names the answers to choose from


@pytest.fixture
def exercises(tmp_path: Path) -> Exercises:
    return Exercises(tmp_path)


def hop(**fields: Any) -> Hop:
    return Hop(order="1", sender="a", message="M", technology="t", at="", **{"step": 1, "to": "b", **fields})


def test_every_exercise_takes_its_answer(exercises: Exercises) -> None:
    feedback = {name: exercises.check(name, answer) for name, answer in ALL.items()}

    assert [name for name, each in feedback.items() if not each.is_right] == []
    assert feedback.keys() == EXERCISES.keys()
    assert repr(feedback["lag"]) == "Right: lag is done."


def test_the_answers_are_what_the_code_says(exercises: Exercises) -> None:
    broker = MemoryBroker()
    broker.create({topic: 3 for topic in TOPICS})
    log = broker.join("orders", ["order.new-order-received"], "orders-1")

    (place,) = log.send([ProducerRecord("order.new-order-received", order_id(1).encode(), b"{}", [])])

    found = {
        "arrows": len(registry.arrows("ordering")),
        "listeners": registry.listeners(OrderApproved),
        "partition": [place.partition, "key"],
        "joining": [path.stem for path in SERVICES.glob("*.py") if Loyalty.name in path.read_text().lower()],
        "apology": SendEmail.step(ProductsReservationFailed.__name__),
        "reason": PaymentFailed.topic,
    }
    assert [name for name, answer in found.items() if not exercises.check(name, answer).is_right] == []


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("arrows", "17 arrows"), ("arrows", " 17. "), ("arrows", 17.0), ("arrows", "Seventeen"),
        ("arrows", SimpleNamespace(number=17, hop=hop())),
        ("listeners", "Notifications, Shipments and Stock"), ("listeners", ["stock", "shipment", "notification"]),
        ("listeners", [hop(to="stock"), hop(to="shipments"), hop(to="notifications")]),
        ("listeners", (SimpleNamespace(hop=hop(to=to)) for to in ["stock", "notifications", "shipments"])),
        ("partition", "partition 2, because of the key"), ("partition", (2, "the order's id")),
        ("partition", [hop(partition=2), "key"]), ("lag", SimpleNamespace(lag=1, hop=hop())), ("lag", "1 record"),
        ("last-verb", "Commit."), ("published-first", "a duplicate"), ("published-first", "delivered twice"),
        ("committed-first", "It is LOST!"), ("joining", []), ("joining", "no service has to change"),
        ("joining", "Nobody"), ("joining", None), ("apology", hop(step=7)), ("apology", "step 7"),
        ("apology", Moments([SimpleNamespace(hop=hop(step=7))])),
        ("reason", hop(topic="payment.order-payment-failed")), ("reason", "the topic payment.order-payment-failed."),
    ],
)  # fmt: skip
def test_an_answer_is_right_in_any_wording(exercises: Exercises, name: str, answer: object) -> None:
    assert exercises.check(name, answer).is_right


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("arrows", 14), ("arrows", 1.7), ("listeners", {"stock", "shipments"}), ("listeners", "orders"),
        ("partition", 2), ("partition", "key"), ("published-first", "lost or twice"), ("committed-first", "not lost"),
        ("joining", ""), ("joining", ...), ("joining", "orders"), ("joining", "the service"), ("lag", 17),
        ("apology", hop(step=6)), ("reason", "order.process-order-payment"), ("reason", object()),
        ("apology", Moments([])),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_wrong(exercises: Exercises, name: str, answer: object) -> None:
    assert not exercises.check(name, answer).is_right


def test_hints_come_one_at_a_time_and_the_last_one_stays(exercises: Exercises) -> None:
    texts = [repr(exercises.check("lag", 0)) for _ in range(4)]

    hints = [EXERCISES["lag"].hint_1, EXERCISES["lag"].hint_2, EXERCISES["lag"].hint_3]
    expected = "Not yet.\nExpected: a number: the lag of the group payments after step 7 of the first order."
    found = [f"{expected}\nHint {level} of 3: {hint}" for level, hint in enumerate(hints, 1)]
    assert texts == [*found, found[-1]]


def test_hints_of_one_exercise_do_not_use_up_those_of_another(exercises: Exercises) -> None:
    exercises.check("lag", 0)

    texts = repr(exercises.check("arrows", 0))

    assert "Hint 1 of 3" in texts


def test_feedback_does_not_depend_on_earlier_runs(exercises: Exercises, tmp_path: Path) -> None:
    exercises.check("lag", 0)
    exercises.check("lag", 1)

    again = Exercises(tmp_path).check("lag", 0)

    assert "Hint 1 of 3" in repr(again)


@pytest.mark.parametrize("name", sorted(EXERCISES.keys() - CHOICES))
def test_no_hint_gives_the_answer_away(name: str) -> None:
    exercise, answer = EXERCISES[name], ALL[name]
    wanted = {str(one) for one in answer} if isinstance(answer, set) else {str(answer)}

    found = f"{exercise.expected} {exercise.hint_1} {exercise.hint_2} {exercise.hint_3}"

    assert not wanted <= set(re.findall(r"[a-z0-9.-]+", found.lower()))


def test_right_answers_are_stored_as_hashes_only() -> None:
    hashes = [one for exercise in EXERCISES.values() for one in exercise.right.split()]

    assert len(hashes) >= len(EXERCISES)
    assert [one for one in hashes if not re.fullmatch("[0-9a-f]{8}", one)] == []


def test_html_has_the_same_text_and_escapes_markup() -> None:
    feedback = AnswerFeedback(False, "Not yet.\n<img src=x>")

    assert (repr(feedback), feedback._repr_html_()) == (feedback.text, "<p>Not yet.<br>&lt;img src=x&gt;</p>")


def test_an_answer_is_never_repeated(exercises: Exercises) -> None:
    feedback = exercises.check("lag", "<img src=x onerror=alert(1)>")

    assert "img" not in feedback._repr_html_() + repr(feedback)


def test_an_exercise_that_does_not_exist_is_an_error_with_all_that_do(exercises: Exercises) -> None:
    with pytest.raises(LabError, match="there is no exercise 'hop-5': there are arrows, listeners, partition, lag"):
        exercises.check("hop-5", 1)


def test_progress_is_kept_from_one_kernel_to_the_next(exercises: Exercises, tmp_path: Path) -> None:
    answer(exercises, ["arrows", "lag", "reason", "arrows"])

    found = repr(Exercises(tmp_path).progress())

    left = "listeners, partition, last-verb, published-first, committed-first, joining, apology"
    assert found == f"3 of 10 done\nleft: {left}"


def test_progress_says_when_all_is_done(exercises: Exercises) -> None:
    answer(exercises, EXERCISES)

    found = exercises.progress()

    assert (repr(found), found.is_right) == ("10 of 10 done", True)


def test_a_wrong_answer_is_no_progress(exercises: Exercises) -> None:
    exercises.check("lag", 2)

    assert repr(exercises.progress()).startswith("0 of 10 done")


def test_answers_are_checked_without_a_writable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    exercises = Exercises(tmp_path / "file" / "exercises")

    feedback = exercises.check("lag", 1)

    assert feedback.is_right
    assert repr(exercises.progress()).startswith("0 of 10 done")


@pytest.mark.parametrize(("variable", "below"), [("CHECKOUT_HOME", ""), ("XDG_CACHE_HOME", "checkout")])
def test_progress_is_kept_in_a_folder_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, below: str
) -> None:
    monkeypatch.delenv("CHECKOUT_HOME", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))

    Exercises().check("lag", 1)

    assert [path.name for path in (tmp_path / below / "exercises").iterdir()] == ["lag"]


def answer(exercises: Exercises, names: Iterable[str]) -> None:
    for name in names:
        exercises.check(name, ALL[name])
