"""Exercises: right answers in any dress, hints one at a time, solutions never; the answers are the code's own."""

import re
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checkout import registry
from checkout.journal.hop import Hop
from checkout.lab.course.exercises import EXERCISES, Course, Verdict
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
def course(tmp_path: Path) -> Course:
    return Course(tmp_path)


def hop(**fields: Any) -> Hop:
    return Hop(order="1", sender="a", message="M", technology="t", at="", **{"step": 1, "to": "b", **fields})


def test_every_exercise_takes_its_answer(course: Course) -> None:
    verdicts = {name: course.check(name, answer) for name, answer in ALL.items()}

    assert [name for name, verdict in verdicts.items() if not verdict.is_right] == []
    assert verdicts.keys() == EXERCISES.keys()
    assert repr(verdicts["lag"]) == "Right: lag is done."


def test_the_answers_are_what_the_code_says(course: Course) -> None:
    broker = MemoryBroker()
    broker.create({topic: 3 for topic in TOPICS})
    log = broker.join("orders", ["order.new-order-received"], "orders-1")

    (place,) = log.send([ProducerRecord("order.new-order-received", order_id(1).encode(), b"{}", [])])

    told = {
        "arrows": len(registry.arrows("ordering")),
        "listeners": registry.listeners(OrderApproved),
        "partition": [place.partition, "key"],
        "joining": [path.stem for path in SERVICES.glob("*.py") if Loyalty.name in path.read_text().lower()],
        "apology": SendEmail.step(ProductsReservationFailed.__name__),
        "reason": PaymentFailed.topic,
    }
    assert [name for name, answer in told.items() if not course.check(name, answer).is_right] == []


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
def test_an_answer_is_right_in_any_dress(course: Course, name: str, answer: object) -> None:
    assert course.check(name, answer).is_right


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
def test_a_wrong_answer_is_wrong(course: Course, name: str, answer: object) -> None:
    assert not course.check(name, answer).is_right


def test_hints_come_one_at_a_time_and_the_last_one_stays(course: Course) -> None:
    said = [repr(course.check("lag", 0)) for _ in range(4)]

    hints = [EXERCISES["lag"].first, EXERCISES["lag"].second, EXERCISES["lag"].third]
    expected = "Not yet.\nExpected: a number: of the records that Payments has left after step 7 of the first order."
    told = [f"{expected}\nHint {level} of 3: {hint}" for level, hint in enumerate(hints, 1)]
    assert said == [*told, told[-1]]


def test_hints_of_one_exercise_do_not_use_up_those_of_another(course: Course) -> None:
    course.check("lag", 0)

    said = repr(course.check("arrows", 0))

    assert "Hint 1 of 3" in said


def test_a_verdict_does_not_depend_on_earlier_runs(course: Course, tmp_path: Path) -> None:
    course.check("lag", 0)
    course.check("lag", 1)

    again = Course(tmp_path).check("lag", 0)

    assert "Hint 1 of 3" in repr(again)


@pytest.mark.parametrize("name", sorted(EXERCISES.keys() - CHOICES))
def test_no_hint_gives_the_answer_away(name: str) -> None:
    exercise, answer = EXERCISES[name], ALL[name]
    wanted = {str(one) for one in answer} if isinstance(answer, set) else {str(answer)}

    told = f"{exercise.expected} {exercise.first} {exercise.second} {exercise.third}"

    assert not wanted <= set(re.findall(r"[a-z0-9.-]+", told.lower()))


def test_answers_stand_nowhere_in_clear() -> None:
    hashes = [one for exercise in EXERCISES.values() for one in exercise.right.split()]

    assert len(hashes) >= len(EXERCISES)
    assert [one for one in hashes if not re.fullmatch("[0-9a-f]{8}", one)] == []


def test_html_says_the_same_and_markup_is_text() -> None:
    verdict = Verdict(False, "Not yet.\n<img src=x>")

    assert (repr(verdict), verdict._repr_html_()) == (verdict.text, "<p>Not yet.<br>&lt;img src=x&gt;</p>")


def test_an_answer_is_never_repeated(course: Course) -> None:
    verdict = course.check("lag", "<img src=x onerror=alert(1)>")

    assert "img" not in verdict._repr_html_() + repr(verdict)


def test_an_exercise_that_does_not_exist_is_an_error_with_all_that_do(course: Course) -> None:
    with pytest.raises(LabError, match="there is no exercise 'hop-5': there are arrows, listeners, partition, lag"):
        course.check("hop-5", 1)


def test_progress_is_kept_from_one_kernel_to_the_next(course: Course, tmp_path: Path) -> None:
    answer(course, ["arrows", "lag", "reason", "arrows"])

    told = repr(Course(tmp_path).progress())

    left = "listeners, partition, last-verb, published-first, committed-first, joining, apology"
    assert told == f"3 of 10 done\nleft: {left}"


def test_progress_says_when_all_is_done(course: Course) -> None:
    answer(course, EXERCISES)

    told = course.progress()

    assert (repr(told), told.is_right) == ("10 of 10 done", True)


def test_a_wrong_answer_is_no_progress(course: Course) -> None:
    course.check("lag", 2)

    assert repr(course.progress()).startswith("0 of 10 done")


def test_where_nothing_can_be_kept_answers_are_still_checked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    course = Course(tmp_path / "file" / "exercises")

    verdict = course.check("lag", 1)

    assert verdict.is_right
    assert repr(course.progress()).startswith("0 of 10 done")


@pytest.mark.parametrize(("variable", "below"), [("CHECKOUT_HOME", ""), ("XDG_CACHE_HOME", "checkout")])
def test_progress_is_kept_in_a_folder_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, below: str
) -> None:
    monkeypatch.delenv("CHECKOUT_HOME", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))

    Course().check("lag", 1)

    assert [path.name for path in (tmp_path / below / "exercises").iterdir()] == ["lag"]


def answer(course: Course, names: Iterable[str]) -> None:
    for name in names:
        course.check(name, ALL[name])
