"""Exercises: checks answers, gives hints, and keeps the learner's progress."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import NamedTuple

from checkout.lab.errors import LabError
from checkout.system.java import cache_home

IGNORED_WORDS = (
    "a an and answer are arrow as be because by change decide delivered get group happen has have in is it its message "
    "must of on partition record s service stand step the they to topic verb"
)


class Exercise(NamedTuple):
    """A question.

    `expected`: the form of the answer. `part`: the field of a hop that holds it. `right`: hashes of right answers.
    """

    expected: str
    part: str
    hint_1: str
    hint_2: str
    hint_3: str
    right: str


EXERCISES = {
    "arrows": Exercise(
        "a number: of the arrows of an order that is approved",
        "number",
        "Place an order, run the lab to the end, and count the hops.",
        "A step may have several arrows: one message can have several readers.",
        "Each moment of `lab.moments` is one arrow: `len` counts them.",
        "54e723f6 066351ad",
    ),
    "listeners": Exercise(
        "names: all consumer groups that read order.new-order-approved",
        "to",
        "`lab.groups` shows the groups of each topic.",
        "Look at the arrows with the number 13.",
        "Which services decrease the stock, book the parcel, write the e-mail?",
        "d854db7d",
    ),
    "partition": Exercise(
        "a number and a word: the partition of order-1 with `Lab(partitions=3)`, and what determines it",
        "partition",
        "Run an order there, and look at the column `partition` of `lab.messages`.",
        "All records of one order have the same number: what else have they in common?",
        "The producer hashes one field of the record, modulo the number of partitions.",
        "12a03878 3a30e2bd 1e3bc502 e9de1b1c 835b44f0",
    ),
    "lag": Exercise(
        "a number: the lag of the group payments after step 7 of the first order",
        "lag",
        "Step to 7, then look at `lab.groups`.",
        "Lag is the end offset minus the committed offset of the group.",
        "Step 7 has published the request; payments polls, handles and commits it from step 8 on.",
        "403a09b2 3621cdea",
    ),
    "last-verb": Exercise(
        "a verb: the one a service without an outbox has to do last, so that a crash loses nothing",
        "",
        "`lab.step(verb=True)` goes verb by verb: there are four.",
        "After it Kafka does not deliver the record again, so nothing that follows can be repeated.",
        "It stores in Kafka how far the group has read.",
        "07823adc d4148705",
    ),
    "published-first": Exercise(
        "good, lost or twice: Stock's message if it crashes after publish and before commit, without inbox and outbox",
        "",
        "Try it in notebook 06: crash the service between the two verbs, and restart it.",
        "After the restart the group continues at its committed offset.",
        "The same record is polled and handled again, but its message is on the topic already.",
        "818a4bad edaa7075 a60a9ef0 352e72cc 74e9f0eb 82ad7109 dfb30ab5 ecc75c01",
    ),
    "committed-first": Exercise(
        "good, lost or twice: Stock's message if it crashes after commit and before publish, without inbox and outbox",
        "",
        "Try it in notebook 06: crash the service between the two verbs, and restart it.",
        "After the restart the group continues at its committed offset.",
        "The record is not delivered again, and the message was in memory only.",
        "ef259489 3cdc53b8 1655fccc 87fdb77d 64c5c249 c1924e2c",
    ),
    "joining": Exercise(
        "names of services: all whose code has to change when Loyalty joins",
        "to",
        "Compare the journals of notebook 09 before and after.",
        "Does a producer know the consumer groups of its topic?",
        "Search checkout/services/orders.py for the consumers of its topic: how many lines name them?",
        "57fb88cc 1f868e5a 3cd2dd7f e71eab67 eaa90767 29830f33",
    ),
    "apology": Exercise(
        "a number: the step in which the apology for a sold-out product is sent",
        "step",
        "Order a garden gnome.",
        "The message goes from Notifications to the customer, by SMTP.",
        "Stock refuses in step 5, Notifications receives that in the next, and then sends.",
        "5dc3cfd0 9b4d56a3",
    ),
    "reason": Exercise(
        "a topic: the one that carries the reason when a payment is denied",
        "topic",
        "Order two oak tables: the payment broker denies anything above 1,000 EUR.",
        "Look for the reason in the column `payload` of `lab.messages`.",
        "Payments is the first service to know it: what does it publish in step 10?",
        "65660262",
    ),
}


class AnswerFeedback:
    """The response to an answer: whether it is right, and a text with a hint if not."""

    def __init__(self, is_right: bool, text: str) -> None:
        self.is_right, self.text = is_right, text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.text)}</p>".replace("\n", "<br>")


class Exercises:
    """The exercises of one learner. Progress is kept in a folder, the number of failed answers in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(os.environ.get("CHECKOUT_HOME") or cache_home()) / "exercises"
        self._failures: dict[str, int] = {}

    def check(self, name: str, answer: object) -> AnswerFeedback:
        """Checks an answer, and gives the next hint if it is wrong.

        `name`: of the exercise. `answer`: a text, a number, a hop or moment, or several of these.
        Raises LabError for an unknown exercise.
        """
        if name not in EXERCISES:
            raise LabError(f"there is no exercise {name!r}: there are {', '.join(EXERCISES)}")
        exercise = EXERCISES[name]
        if digest(name, answer) in exercise.right.split():
            self._failures.pop(name, None)
            with contextlib.suppress(OSError):  # a read-only folder must not make an answer wrong
                self._folder.mkdir(parents=True, exist_ok=True)
                (self._folder / name).touch()
            return AnswerFeedback(True, f"Right: {name} is done.")
        hints = (exercise.hint_1, exercise.hint_2, exercise.hint_3)
        level = self._failures[name] = min(self._failures.get(name, 0) + 1, len(hints))
        hint = f"Hint {level} of {len(hints)}: {hints[level - 1]}"
        return AnswerFeedback(False, f"Not yet.\nExpected: {exercise.expected}.\n{hint}")

    def progress(self) -> AnswerFeedback:
        """Returns the number of exercises done and the names of those left."""
        left = [name for name in EXERCISES if not (self._folder / name).exists()]
        done = f"{len(EXERCISES) - len(left)} of {len(EXERCISES)} done"
        return AnswerFeedback(not left, f"{done}\nleft: {', '.join(left)}" if left else done)


def digest(name: str, answer: object) -> str:
    """A hash of the words of an answer, ignoring order, case and plural; an empty collection counts as "none"."""
    words = set(_words(answer, EXERCISES[name].part))
    kept = sorted(words.difference(IGNORED_WORDS.split()) or words) or ["none"]
    return hashlib.sha256(" ".join([name, *kept]).encode()).hexdigest()[:8]


def _words(answer: object, part: str) -> list[str]:
    if part and not isinstance(answer, str) and hasattr(answer, part):
        answer = getattr(answer, part)
    elif not isinstance(answer, Iterable) and hasattr(answer, "hop"):
        return _words(answer.hop, part)
    if isinstance(answer, Iterable) and not isinstance(answer, str):
        return [word for one in answer for word in _words(one, part)]
    found = re.findall(r"[a-z0-9][a-z0-9.-]*", str(answer).lower())
    return [re.sub(r"(?<=[a-z]{3})s$|\.0*$", "", word.rstrip(".")) for word in found] or [""]


OF_THIS_LEARNER = Exercises()
check, progress = OF_THIS_LEARNER.check, OF_THIS_LEARNER.progress
