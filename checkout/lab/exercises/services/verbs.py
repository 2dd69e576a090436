"""Exercise verbs: the work on one record - save, publish, commit - which a crash may end after any call."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

from checkout.lab.exercises.examination import GOOD, NOT_REACHED, WINDOWS, WRONG, Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import shown

ORDER, MAX_DELIVERIES = "order-1", 3
COLUMN_AFTER = {"": "before handle", "save": "after handle", "publish": "published", "commit": "committed"}
Work = Callable[[str, Any, Any, Any], Any]  # of an order, database, topic and offsets


class Crash(BaseException):
    """The end of a process, which no `except Exception` of a learner can catch."""


class Run:
    """One record, delivered until its offset is committed. The first process crashes after a number of calls."""

    def __init__(self, work: Work, calls: int) -> None:
        self._work, self._calls_left = work, calls
        self.calls, self.is_committed = list[str](), False
        self.answers, self.published = list[Any](), list[Any]()
        self.deliver()
        self.calls_before_crash = list(self.calls)
        self._calls_left = -1  # no further crash
        for _ in range(MAX_DELIVERIES):
            if not self.is_committed:
                self.deliver()

    def deliver(self) -> None:
        """Delivers the record to a new process."""
        database = SimpleNamespace(find=self._find, save=self._save)
        topic = SimpleNamespace(publish=partial(self._call, "publish", self.published.append))
        offsets = SimpleNamespace(commit=partial(self._call, "commit", self._commit))
        with suppress(Crash):
            self._work(ORDER, database, topic, offsets)

    def _find(self, order: str) -> Any:
        self._check_alive()
        return self.answers[0] if self.answers and order == ORDER else None

    def _save(self, order: str, answer: Any) -> None:
        self._call("save", self.answers.append, answer)

    def _commit(self, order: str) -> None:
        self.is_committed = True

    def _call(self, verb: str, effect: Callable[[Any], None], argument: Any) -> None:
        self._check_alive()
        effect(argument)
        self.calls.append(verb)
        self._calls_left -= 1
        self._check_alive()

    def _check_alive(self) -> None:
        if self._calls_left == 0:
            raise Crash

    def wrong_end(self) -> str:
        """What is wrong after the last delivery, as a sentence; empty if nothing."""
        if len(self.answers) != 1:
            return f"the order was saved {len(self.answers)} times: each time the stock decreases"
        if not self.published:
            return "the answer is lost: it was never published"
        if any(answer != self.answers[0] for answer in self.published):
            return f"it published {shown(self.published[-1])}, and had saved {shown(self.answers[0])}"
        return "" if self.is_committed else "the offset is never committed: the record is delivered again and again"


def examine(work: Work, found: Examination) -> None:
    """A run without a crash, a repeated delivery, and a crash after each call."""
    whole: list[Run] = []
    text = "without a crash: the order is saved once, its answer is published, the offset is committed"
    if not found.judge(text, lambda: whole.append(Run(work, -1)), lambda _: whole[0].wrong_end()):
        return
    text = "a record that is delivered again after its commit changes nothing"
    found.judge(text, whole[0].deliver, lambda _: whole[0].wrong_end())
    outcomes = found.matrix.setdefault(ORDER, dict.fromkeys(WINDOWS, NOT_REACHED))
    found.judge("a crash after any call changes nothing", lambda: _crashed(work, len(whole[0].calls), outcomes), str)


def _crashed(work: Work, count: int, outcomes: dict[str, str]) -> str:
    seen = ""
    for calls in range(count + 1):
        run = Run(work, calls)
        wrong = run.wrong_end()
        outcomes[COLUMN_AFTER[["", *run.calls_before_crash][-1]]] = WRONG if wrong else GOOD
        if wrong and not seen:
            seen = f"crash after {', '.join(run.calls_before_crash) or 'no call'}: {wrong}"
    return seen


EXERCISE = Exercise(
    "a function of an order, a database, a topic and offsets",
    (
        "After a crash before the commit the record is delivered again; after the commit it is not. What must have "
        "happened before the commit?",
        "A repeated order must not be saved again, but its answer must be published: the first process may have "
        "crashed before it did that.",
        "answer = database.find(order); if answer is None: make and save it. Then, in both cases, "
        "topic.publish(answer) and offsets.commit(order).",
    ),
    examine,
)
