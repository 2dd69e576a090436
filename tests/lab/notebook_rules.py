"""Notebook rules: what a committed notebook keeps; each rule yields a sentence for each place that breaks it.

Strict nbval compares nothing where outputs were stripped; so the rules read the files themselves, as plain JSON.
"""

import ast
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

from checkout.card_numbers import has_card_number

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
WITHOUT_PREDICTIONS = "14 Exercises"  # it asks in its own way
Cell = dict[str, Any]
Book = dict[str, Any]
Rule = Callable[[Book], Iterator[str]]

VIEW = "application/vnd.jupyter.widget-view+json"
MACHINE = re.compile(r"(?<![\w.:/])(?:/(?:home|root|Users|tmp|work|var|usr|opt|private|mnt)/|[A-Z]:\\)")
LINK = re.compile(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")  # of links and pictures
WEB = re.compile(r"https?://[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#][^\s()]*)?")
MAX_WIDTH, MAX_ALT = 120, 300  # characters of a line in an output, and of an alternative text
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


def without_card_numbers(book: Book) -> Iterator[str]:
    for number, cell in enumerate(book["cells"], 1):
        if any(has_card_number(text) for text in texts(cell)):
            yield f"cell {number} shows a card number"


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


def with_short_alt_texts(book: Book) -> Iterator[str]:
    for number, cell in enumerate(book["cells"], 1):
        for found in (found for text in texts(cell) for found in IMAGE.finditer(text)):
            told = found["markdown"] or "".join(re.findall(r"alt=(?:\"([^\"]*)|'([^']*))", found["html"] or "")[0])
            if len(unescape(told)) > MAX_ALT:
                yield f"cell {number} has an alternative text of {len(told)} characters: {told[:40]}"


def with_narrow_outputs(book: Book) -> Iterator[str]:
    for number, cell in of_kind(book, "code"):
        for output in cell["outputs"]:
            shown = "".join(output.get("text") or output.get("data", {}).get("text/plain") or "")
            if wide := [line for line in shown.splitlines() if len(line) > MAX_WIDTH]:
                yield f"cell {number} prints {len(wide[0])} characters in a line: {wide[0][:40]}"


def with_live_links(book: Book) -> Iterator[str]:
    for number, cell in of_kind(book, "markdown"):
        yield from (f"cell {number} links to {target}: {wrong}" for target in LINK.findall(source(cell))
                    if (wrong := wrong_link(target, book)))  # fmt: skip


def wrong_link(target: str, book: Book) -> str:
    """What is wrong with a link from a notebook, or nothing."""
    if ":" in target.partition("/")[0]:
        return "" if WEB.fullmatch(target) else "this is no web address"
    name, _, anchor = target.partition("#")
    path = FOLDER / name
    if not path.exists():
        return "there is no such file"
    if not anchor or (name and path.suffix not in (".ipynb", ".md")):
        return ""
    other = book if not name else json.loads(path.read_text()) if path.suffix == ".ipynb" else None
    titles = headings(prose(other) if other else path.read_text())
    return "" if anchor in titles else "there is no such heading"


def headings(text: str) -> set[str]:
    """The anchors of all headings, as JupyterLab makes them and as GitHub does."""
    found = [re.sub(r"[*`]", "", title) for title in re.findall(r"^#+\s+(.+?)\s*$", text, re.MULTILINE)]
    return {title.replace(" ", "-") for title in found} | {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in found
    }


def calls(book: Book) -> list[ast.Call]:
    """The calls in all code cells, without magics."""
    cells = [source(cell) for _, cell in of_kind(book, "code") if not source(cell).startswith("%%")]
    code = "\n".join(line for cell in cells for line in cell.splitlines() if not line.startswith(("%", "!")))
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]


def of_method(found: list[ast.Call], name: str) -> list[ast.Call]:
    return [call for call in found if isinstance(call.func, ast.Attribute) and call.func.attr == name]


def predictions(book: Book) -> list[ast.Call]:
    return [call for call in calls(book) if isinstance(call.func, ast.Name) and call.func.id == "predict"]


def with_predictions(book: Book) -> Iterator[str]:
    if WITHOUT_PREDICTIONS in source(book["cells"][0]):
        return
    asked, compared, scores = predictions(book), of_method(calls(book), "compare"), of_method(calls(book), "score")
    if len(asked) < 2 or len(asked) != len(compared):
        yield f"it makes {len(asked)} predictions and compares {len(compared)}: make 2 or more, and compare each"
    if len(scores) != 1:
        yield f"it shows {len(scores)} scores of predictions, not one"
    for call in asked:
        if [ast.unparse(argument) for argument in call.args[1:]] != ["..."]:
            yield f"a prediction has an answer already: {ast.unparse(call)}"
    for call in compared:
        if len(call.args) != 1 or is_literal(call.args[0]):
            yield f"a prediction is compared with a literal, not with the run: {ast.unparse(call)}"


def is_literal(node: ast.expr) -> bool:
    with contextlib.suppress(ValueError):
        ast.literal_eval(node)
        return True
    return False


def with_short_code(book: Book) -> Iterator[str]:
    for number, cell in of_kind(book, "code"):
        if "exercise" in tags(cell):
            continue
        if len(source(cell).splitlines()) > 10:
            yield f"cell {number} has more than 10 lines"
        defines = re.search(r"^\s*(?:async def|def|class)\s", source(cell), re.MULTILINE)
        if defines and "rule" not in tags(cell):
            yield f"cell {number} defines a function or class, and is not tagged `rule` or `exercise`"


def half_prose(book: Book) -> Iterator[str]:
    count = len(book["cells"])
    share = len(of_kind(book, "markdown")) / count
    if not 15 <= count <= 45 or not 0.35 <= share <= 0.65:
        yield f"it has {count} cells, {share:.0%} of them prose: 15 to 45, and 35 to 65 % are wanted"


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
    recorded, without_live_widgets, without_paths, without_card_numbers, without_errors, with_own_ids, with_one_title,
    with_alt_texts,
    with_short_alt_texts, with_narrow_outputs, with_live_links, with_short_code, half_prose, ending_with_try_this,
    with_folded_solutions, with_predictions,
]  # fmt: skip
