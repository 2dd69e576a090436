"""Exercises: checks a learner's answers, gives hints instead of solutions, and remembers which are done."""

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

NOT_TOLD_APART = (
    "a an and answer are arrow as be because by change decide delivered get group happen has have in is it its message "
    "must of on partition record s service stand step the they to topic verb"
)


class Exercise(NamedTuple):
    """One question: what an answer looks like, where a hop has it, three hints, and hashes of what is right."""

    expected: str
    part: str
    first: str
    second: str
    third: str
    right: str


EXERCISES = {
    "arrows": Exercise(
        "a number: of the arrows of an order that is approved",
        "number",
        "Place an order, let the lab run to the end, and count what happened.",
        "A step may have several arrows: one message can have several readers.",
        "Each moment of `lab.moments` is one arrow: `len` counts them.",
        "54e723f6 066351ad",
    ),
    "listeners": Exercise(
        "names of groups: all that read order.new-order-approved",
        "to",
        "`lab.groups` shows who reads what.",
        "Look at the arrows with the number 13.",
        "Who makes the shelf emptier, who calls for the parcel, who writes the e-mail?",
        "d854db7d",
    ),
    "partition": Exercise(
        "a number and a word: where order-1 stands with `Lab(partitions=3)`, and what decides it",
        "partition",
        "Run an order there, and look at the column `partition` of `lab.messages`.",
        "All records of one order have the same number: what else have they in common?",
        "Kafka makes a number of one field of a record, and takes the rest of its division by three.",
        "12a03878 3a30e2bd 1e3bc502 e9de1b1c 835b44f0",
    ),
    "lag": Exercise(
        "a number: of the records that Payments has left after step 7 of the first order",
        "lag",
        "Step to 7, then look at `lab.groups`.",
        "The lag is the end of a topic less what the group has committed.",
        "Step 7 has put the request on the topic, and step 8, which reads it, has not happened.",
        "403a09b2 3621cdea",
    ),
    "last-verb": Exercise(
        "a verb: the one a service without an outbox has to do last, so that a crash loses nothing",
        "",
        "`lab.step(verb=True)` goes verb by verb: there are four.",
        "Whatever comes after it cannot be made up for: Kafka will not hand out the record again.",
        "It tells Kafka how far the group has come.",
        "07823adc d4148705",
    ),
    "published-first": Exercise(
        "good, lost or twice: Stock's answer when Stock dies after publish and before commit, without inbox and outbox",
        "",
        "Try it in notebook 04: pull the plug between the two verbs, and restart.",
        "After the restart the group goes on where it last committed.",
        "The same record is polled and handled anew, but its answer stands on the topic already.",
        "818a4bad edaa7075 a60a9ef0 352e72cc 74e9f0eb 82ad7109 dfb30ab5 ecc75c01",
    ),
    "committed-first": Exercise(
        "good, lost or twice: Stock's answer when Stock dies after commit and before publish, without inbox and outbox",
        "",
        "Try it in notebook 04: pull the plug between the two verbs, and restart.",
        "After the restart the group goes on where it last committed.",
        "The record will not come again, and its answer was in memory only.",
        "ef259489 3cdc53b8 1655fccc 87fdb77d 64c5c249 c1924e2c",
    ),
    "joining": Exercise(
        "names of services: all whose code has to change when Loyalty joins",
        "to",
        "Compare the journals of notebook 07 before and after.",
        "Does a producer know who listens to its topic?",
        "Look for the place in checkout/services/orders.py that names the readers: how many lines has it?",
        "57fb88cc 1f868e5a 3cd2dd7f e71eab67 eaa90767 29830f33",
    ),
    "apology": Exercise(
        "a number: the step in which the apology for a sold-out product is written",
        "step",
        "Order a garden gnome.",
        "The message goes from Notifications to the customer, by SMTP.",
        "Stock refuses in step 5, Notifications hears of it in the next, and then writes.",
        "5dc3cfd0 9b4d56a3",
    ),
    "reason": Exercise(
        "a topic: the one that carries the reason when a payment is denied",
        "topic",
        "Order two oak tables: the payment broker denies anything above 1,000 EUR.",
        "Look for the reason in the column `payload` of `lab.messages`.",
        "Payments is the first inside the store to know it: what does it publish in step 10?",
        "65660262",
    ),
}


class Verdict:
    """What there is to say about an answer."""

    def __init__(self, is_right: bool, text: str) -> None:
        self.is_right, self.text = is_right, text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.text)}</p>".replace("\n", "<br>")


class Course:
    """The exercises of one learner: what is done stays in a folder, which hint comes next in memory only."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(os.environ.get("CHECKOUT_HOME") or cache_home()) / "exercises"
        self._failures: dict[str, int] = {}

    def check(self, name: str, answer: object) -> Verdict:
        """Whether the answer - a text, a number, several of them, a hop - is right; if not, the next hint."""
        if name not in EXERCISES:
            raise LabError(f"there is no exercise {name!r}: there are {', '.join(EXERCISES)}")
        exercise = EXERCISES[name]
        if digest(name, answer) in exercise.right.split():
            self._failures.pop(name, None)
            self._remember(name)
            return Verdict(True, f"Right: {name} is done.")
        hints = (exercise.first, exercise.second, exercise.third)
        level = self._failures[name] = min(self._failures.get(name, 0) + 1, len(hints))
        hint = f"Hint {level} of {len(hints)}: {hints[level - 1]}"
        return Verdict(False, f"Not yet.\nExpected: {exercise.expected}.\n{hint}")

    def progress(self) -> Verdict:
        """How many exercises are done, and which are left."""
        left = [name for name in EXERCISES if not (self._folder / name).exists()]
        done = f"{len(EXERCISES) - len(left)} of {len(EXERCISES)} done"
        return Verdict(not left, f"{done}\nleft: {', '.join(left)}" if left else done)

    def _remember(self, name: str) -> None:
        with contextlib.suppress(OSError):  # a folder nobody may write to must not make an answer wrong
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / name).touch()


def digest(name: str, answer: object) -> str:
    """A hash of the answer's words, whatever their order, case and number; an empty collection counts as "none"."""
    words = set(_words(answer, EXERCISES[name].part))
    told = sorted(words.difference(NOT_TOLD_APART.split()) or words) or ["none"]
    return hashlib.sha256(" ".join([name, *told]).encode()).hexdigest()[:8]


def _words(answer: object, part: str) -> list[str]:
    if part and not isinstance(answer, str) and hasattr(answer, part):
        answer = getattr(answer, part)
    elif not isinstance(answer, Iterable) and hasattr(answer, "hop"):
        return _words(answer.hop, part)
    if isinstance(answer, Iterable) and not isinstance(answer, str):
        return [word for one in answer for word in _words(one, part)]
    found = re.findall(r"[a-z0-9][a-z0-9.-]*", str(answer).lower())
    return [re.sub(r"(?<=[a-z]{3})s$|\.0*$", "", word.rstrip(".")) for word in found] or [""]


COURSE = Course()
check, progress = COURSE.check, COURSE.progress
