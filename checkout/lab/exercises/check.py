"""Check: examines what a learner has built, gives the next hint, and keeps the learner's progress."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from checkout.lab.errors import LabError
from checkout.lab.exercises.catalogue import EXERCISES
from checkout.lab.exercises.examination import Examination, lines_of
from checkout.lab.exercises.exercise import Exercise, Feedback
from checkout.system.cache_folder import cache_home


class Exercises:
    """The exercises of one learner. Progress is kept in a folder, the number of failed answers in memory."""

    def __init__(self, folder: Path | None = None, exercises: Mapping[str, Exercise] = EXERCISES) -> None:
        self._folder = folder or Path(os.environ.get("CHECKOUT_HOME") or cache_home()) / "exercises"
        self._exercises, self._failures = exercises, dict[str, int]()

    def check(self, name: str, built: Any) -> Feedback:
        """Runs what the learner has built in hidden runs, and returns the feedback; a failed check gives the next hint.

        `name`: of the exercise. `built`: a class or function; the exercise says which.
        Raises LabError for an unknown exercise, or for an object of another kind.
        """
        if name not in self._exercises:
            raise LabError(f"there is no exercise {name!r}: there are {', '.join(self._exercises)}")
        exercise, found = self._exercises[name], Examination()
        if not exercise.accepts(built):
            raise LabError(f"check({name!r}, ...) takes {exercise.takes}, not {built!r:.60}")
        exercise.examine(built, found)
        return Feedback(name, found, self._passed(name) if found.is_passed else self._hint(name, exercise))

    def _passed(self, name: str) -> str:
        self._failures.pop(name, None)
        with contextlib.suppress(OSError):  # a read-only folder must not make an answer wrong
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / name).touch()
        return ""

    def _hint(self, name: str, exercise: Exercise) -> str:
        level = self._failures[name] = min(self._failures.get(name, 0) + 1, len(exercise.hints))
        return "\n".join(lines_of(f"Hint {level} of {len(exercise.hints)}: {exercise.hints[level - 1]}"))

    def progress(self) -> str:
        """Returns the number of exercises done and the names of those left."""
        left = [name for name in self._exercises if not (self._folder / name).exists()]
        done = f"{len(self._exercises) - len(left)} of {len(self._exercises)} done"
        return "\n".join(lines_of(f"{done}; left: {', '.join(left)}")) if left else done


OF_THIS_LEARNER = Exercises()
check, progress = OF_THIS_LEARNER.check, OF_THIS_LEARNER.progress
