"""Claims: the page of claims (docs/claims.md) names cells that exist, and quotes what their outputs show."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "docs/claims.md").read_text()
QUOTED = re.compile(r"`([^`]+)`")


class Claim(NamedTuple):
    """A row: what the article says, the notebook, a line of the cell's code, and quotations of its output."""

    text: str
    notebook: Path
    code: str
    quoted: list[str]


def claims() -> list[Claim]:
    rows = [line.strip("|\n").split(" | ") for line in TABLE.splitlines() if line.startswith("| ")][1:]
    found = []
    for text, notebook, code, seen in (row for row in rows if not row[0].strip().startswith("---")):
        (path,) = re.findall(r"\((?:\.\./)?(notebooks/[\w-]+\.ipynb)\)", notebook)
        found.append(Claim(text.strip(), ROOT / path, QUOTED.findall(code)[0], QUOTED.findall(seen)))
    return found


def cells_with(path: Path, code: str) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text())["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code" and code in "".join(cell["source"]).splitlines()]


def output_of(cell: dict[str, Any]) -> str:
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell["outputs"]]
    return " ".join("".join("".join(text) for text in texts).split())


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: f"{claim.notebook.stem[:2]}-{claim.text[:40]}")
def test_the_cell_of_a_claim_shows_what_is_quoted(claim: Claim) -> None:
    (cell,) = cells_with(claim.notebook, claim.code)

    assert claim.quoted
    assert [quotation for quotation in claim.quoted if quotation not in output_of(cell)] == []


def test_each_step_of_the_article_is_a_claim() -> None:
    steps = {int(number) for claim in claims() for number in re.findall(r"^Step (\d+)", claim.text)}

    assert steps == set(range(1, 15))
