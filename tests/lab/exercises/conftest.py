"""What the tests of exercises share: a check without a folder of a learner, and the exercises in the notebooks."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from checkout.lab.exercises.check import Exercises
from checkout.lab.exercises.exercise import Feedback

ROOT = Path(__file__).parents[3]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FOLDED_CODE = re.compile(r"<details>\s*<summary>Solution</summary>.*?```python\n(.*?)```.*?</details>", re.DOTALL)
Check = Callable[[str, Any], Feedback]


class Cell(NamedTuple):
    """A cell: `markdown` or `code`, its tags and its text."""

    kind: str
    tags: list[str]
    source: str


class NotebookExercise(NamedTuple):
    """An exercise of a notebook: the learner's cell with its stub, and the folded solution below it."""

    notebook: str
    name: str
    stub: str
    solution: str


def cells_of(path: Path) -> list[Cell]:
    """The cells of a notebook."""
    cells = json.loads(path.read_text())["cells"]
    return [Cell(each["cell_type"], each["metadata"].get("tags", []), "".join(each["source"])) for each in cells]


def exercises_of(path: Path) -> Iterator[NotebookExercise]:
    """The cells tagged `exercise`, each with the next folded solution."""
    cells = cells_of(path)
    for at, cell in enumerate(cells):
        if "exercise" in cell.tags:
            found = re.search(r"^check\(\"([a-z-]+)\", \w+\)$", cell.source, re.MULTILINE)
            below = "\n".join(each.source for each in cells[at + 1 :] if each.kind == "markdown")
            solution = FOLDED_CODE.search(below)
            yield NotebookExercise(path.stem, found[1] if found else "", cell.source, solution[1] if solution else "")


def built_by(code: str, check: Check) -> Feedback:
    """Runs the code of a cell that ends with `check(...)`, and returns the feedback."""
    body = ast.parse(code).body
    last = body.pop()
    assert isinstance(last, ast.Expr), "a learner's cell ends with check(...)"
    namespace: dict[str, Any] = {"__name__": "__main__", "check": check}
    exec(compile(ast.Module(body, []), "cell", "exec"), namespace)
    namespace["check"] = check
    feedback = eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)
    assert isinstance(feedback, Feedback)
    return feedback


def sentence_of(feedback: Feedback) -> str:
    """The text of the feedback on a wrong answer, on one line."""
    assert not feedback.is_right
    assert max(map(len, feedback.text.splitlines())) <= 120
    return " ".join(feedback.text.split())


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """A check whose progress is kept in a temporary folder."""
    return Exercises(tmp_path).check
