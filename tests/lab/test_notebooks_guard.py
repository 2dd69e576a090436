"""Notebooks guard: committed notebooks have recorded outputs, no machine-specific data, and the house style.

Strict nbval compares nothing where outputs were stripped; so this reads the files themselves, as plain JSON.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")  # pictures are checked by their alternative texts
Cell = dict[str, Any]
Book = dict[str, Any]
Rule = Callable[[Book], Iterator[str]]

VIEW = "application/vnd.jupyter.widget-view+json"
MACHINE = re.compile(r"(?<![\w.:/])(?:/(?:home|root|Users|tmp|work|var|usr|opt|private|mnt)/|[A-Z]:\\)")
IMAGE = re.compile(r"!\[(?P<markdown>[^\]]*)\]\([^)]*\)|<img\b(?P<html>[^>]*)>", re.IGNORECASE)
EXEMPTED = re.compile(r"nbval[-_](?:ignore[-_]output|skip)", re.IGNORECASE)
ANSWER = re.compile(r"^[\W_]*(?:a |one |the )?solution\b", re.IGNORECASE | re.MULTILINE)


def tags(cell: Cell) -> list[str]:
    return list(cell["metadata"].get("tags", []))


def source(cell: Cell) -> str:
    return "".join(cell["source"])


def of_kind(book: Book, kind: str) -> list[tuple[int, Cell]]:
    return [(number, cell) for number, cell in enumerate(book["cells"], 1) if cell["cell_type"] == kind]


def texts(cell: Cell) -> Iterator[str]:
    """What a reader sees of a cell, without the bytes of pictures."""
    shown = [cell["source"]]
    for output in cell.get("outputs", []):
        shown += [output.get(name, "") for name in ("text", "evalue", "traceback")] + [*output.get("data", {}).values()]
    yield from (re.sub(r"base64,[\w+/=]+", "", "".join(text)) for text in shown)


def prose(book: Book) -> str:
    """All Markdown, without code blocks."""
    told = "\n\n".join(source(cell) for _, cell in of_kind(book, "markdown"))
    return re.sub(r"^```.*?^```", "", told, flags=re.MULTILINE | re.DOTALL)


def recorded(book: Book) -> Iterator[str]:
    counts = [cell["execution_count"] for _, cell in of_kind(book, "code")]
    if counts != list(range(1, len(counts) + 1)):
        yield f"its code cells were run as {counts}: record it again"


def without_live_widgets(book: Book) -> Iterator[str]:
    if "widgets" in book["metadata"]:
        yield "it holds the state of widgets"
    for number, cell in of_kind(book, "code"):
        if any(VIEW in output.get("data", {}) for output in cell["outputs"]):
            yield f"cell {number} holds a live widget, which no reader without a kernel sees"


def without_paths(book: Book) -> Iterator[str]:
    for number, cell in enumerate(book["cells"], 1):
        yield from (f"cell {number} names a path of one machine: {text[found.start():][:60]}"
                    for text in texts(cell) for found in MACHINE.finditer(text))  # fmt: skip


def without_errors(book: Book) -> Iterator[str]:
    for number, cell in of_kind(book, "code"):
        if any(output.get("name") == "stderr" for output in cell["outputs"]):
            yield f"cell {number} writes to stderr"
        failed = any(output["output_type"] == "error" for output in cell["outputs"])
        if failed != ("raises-exception" in tags(cell)):
            yield f"cell {number} {'ends in an error' if failed else 'does not raise what its tag says'}"


def with_own_ids(book: Book) -> Iterator[str]:
    ids = [cell.get("id", "") for cell in book["cells"]]
    if len(set(ids)) < len(ids) or not all(ids):
        yield "two cells share an id, or one has none"


def with_one_title(book: Book) -> Iterator[str]:
    titles = re.findall(r"^#\s|<h1", prose(book), re.MULTILINE)
    if len(titles) != 1 or not source(book["cells"][0]).startswith("# "):
        yield f"it has {len(titles)} titles: one belongs there, in the first cell"


def with_alt_texts(book: Book) -> Iterator[str]:
    for number, cell in enumerate(book["cells"], 1):
        shown = [found for text in texts(cell) for found in IMAGE.finditer(text)]
        told = [found["markdown"] or re.search(r"alt=[\"'][^\"']", found["html"] or "") for found in shown]
        kinds = [kind for output in cell.get("outputs", []) for kind in output.get("data", {})]
        if not all(told) or any(kind.startswith("image/") for kind in kinds):
            yield f"cell {number} has a picture without alt text"


def with_live_links(book: Book) -> Iterator[str]:
    for number, cell in of_kind(book, "markdown"):
        for target in LINK.findall(source(cell)):
            if not target.startswith(("http", "#")) and not (FOLDER / target.partition("#")[0]).exists():
                yield f"cell {number} links to {target}, which is not there"


def with_short_code(book: Book) -> Iterator[str]:
    for number, cell in of_kind(book, "code"):
        if len(source(cell).splitlines()) > 10:
            yield f"cell {number} has more than 10 lines"
        defines = re.search(r"^\s*(?:async def|def|class)\s", source(cell), re.MULTILINE)
        if defines and "rule" not in tags(cell):
            yield f"cell {number} defines a function or class, and is not tagged `rule`"


def half_prose(book: Book) -> Iterator[str]:
    count = len(book["cells"])
    share = len(of_kind(book, "markdown")) / count
    if not 15 <= count <= 40 or not 0.35 <= share <= 0.65:
        yield f"it has {count} cells, {share:.0%} of them prose: 15 to 40, and 35 to 65 % are wanted"


def ending_with_try_this(book: Book) -> Iterator[str]:
    headings = re.findall(r"^##?\s+(.+?)\s*$", prose(book), re.MULTILINE)
    if headings[-1:] != ["Try this"]:
        yield f"its last section is {headings[-1:]}, not Try this"


def with_folded_solutions(book: Book) -> Iterator[str]:
    open_prose = re.sub(r"<details>.*?</details>", "", prose(book), flags=re.DOTALL)
    code = "\n".join(line for _, cell in of_kind(book, "code") for line in source(cell).splitlines() if "#" in line)
    if ANSWER.search(open_prose) or ANSWER.search(code):
        yield "a solution stands open: fold it into <details> in Markdown"


RULES: list[Rule] = [
    recorded, without_live_widgets, without_paths, without_errors, with_own_ids, with_one_title, with_alt_texts,
    with_live_links, with_short_code, half_prose, ending_with_try_this, with_folded_solutions,
]  # fmt: skip


def sample() -> Book:
    """A notebook that keeps all rules."""
    def cell(number: int) -> Cell:
        shared = {"id": f"cell-{number}", "metadata": {}, "source": ["## Part\n", "See ![a spoon](spoon.svg)."]}
        if number % 2:
            return {"cell_type": "markdown", **shared}
        output = {"output_type": "stream", "name": "stdout", "text": ["1 order\n"]}
        return {"cell_type": "code", **shared, "source": ["lab.step()"], "outputs": [output],
                "execution_count": number // 2}  # fmt: skip

    cells = [cell(number) for number in range(1, 20)]
    cells[0]["source"], cells[-1]["source"] = ["# A title\n", "Why?"], ["## Try this\n", "Another quantity."]
    return {"cells": cells, "metadata": {}}


def test_a_notebook_that_keeps_all_rules_is_accepted() -> None:
    found = [said for rule in RULES for said in rule(sample())]

    assert found == []


@pytest.mark.parametrize(
    ("rule", "cell", "change"),
    [
        (recorded, 1, {"execution_count": None}),
        (recorded, 3, {"execution_count": 1}),
        (without_live_widgets, 1, {"outputs": [{"output_type": "display_data", "data": {VIEW: {}}}]}),
        (without_paths, 1, {"source": ["open('/opt/ada/run.jsonl')"]}),
        (without_paths, 1, {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["in /tmp/x"]}]}),
        (without_errors, 1, {"outputs": [{"output_type": "stream", "name": "stderr", "text": ["oh"]}]}),
        (without_errors, 1, {"outputs": [{"output_type": "error", "ename": "KeyError", "evalue": "1"}]}),
        (without_errors, 1, {"metadata": {"tags": ["raises-exception"]}}),
        (with_own_ids, 1, {"id": "cell-3"}),
        (with_own_ids, 1, {"id": ""}),
        (with_one_title, 0, {"source": ["## Small"]}),
        (with_one_title, 2, {"source": ["# Another title"]}),
        (with_alt_texts, 2, {"source": ["![](spoon.svg)"]}),
        (with_alt_texts, 2, {"source": ["<img src='spoon.svg' alt=''>"]}),
        (with_alt_texts, 1, {"outputs": [{"output_type": "display_data", "data": {"image/png": "iVBO"}}]}),
        (with_live_links, 2, {"source": ["See [02](02-nothing.ipynb) and [00](00-start-here.ipynb#part)."]}),
        (with_short_code, 1, {"source": ["lab.step()\n"] * 11}),
        (with_short_code, 1, {"source": ["def price():\n", "    return 1"]}),
        (half_prose, 0, {"cell_type": "raw"}),
        (ending_with_try_this, 18, {"source": ["## The end"]}),
        (with_folded_solutions, 2, {"source": ["**Solution**: `lab.run()`"]}),
        (with_folded_solutions, 1, {"source": ["# solution\n", "lab.run()"]}),
    ],
)
def test_a_broken_rule_is_found(rule: Rule, cell: int, change: Cell) -> None:
    book = sample()
    prose_cells = [other for other in book["cells"] if other["cell_type"] == "markdown"]
    for changed in prose_cells if rule is half_prose else [book["cells"][cell]]:
        changed.update(change)

    assert len(list(rule(book))) == 1


def test_a_folded_solution_a_rule_and_an_announced_error_are_accepted() -> None:
    book = sample()
    book["cells"][2]["source"] = ["<details>\n", "<summary>Solution</summary>\n", "`lab.run()`\n", "</details>"]
    book["cells"][3].update(source=["def price():\n", "    return 1"], metadata={"tags": ["rule"]})
    error = {"output_type": "error", "ename": "LabError", "evalue": "no"}
    book["cells"][5].update(outputs=[error], metadata={"tags": ["raises-exception"]})

    found = [said for rule in RULES for said in rule(book)]

    assert found == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_keeps_the_rule(path: Path, rule: Rule) -> None:
    assert list(rule(json.loads(path.read_text()))) == []


def test_of_fifty_cells_at_most_one_is_not_compared(capsys: pytest.CaptureFixture[str]) -> None:
    cells = [cell for path in NOTEBOOKS for _, cell in of_kind(json.loads(path.read_text()), "code")]

    exempted = [cell for cell in cells if EXEMPTED.search("\n".join([*tags(cell), source(cell)]))]

    with capsys.disabled():
        print(f"\n{len(NOTEBOOKS)} notebooks, {len(cells)} code cells, {len(exempted)} exempted from comparison")
    assert NOTEBOOKS and len(exempted) <= len(cells) / 50
