"""Books: the notebooks as the site has them, where a cell that cannot run in a browser shows its recorded output."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
KERNEL = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
NOT_RUN = "Not run in the browser: {reason}. This is the recorded output:"
RAISES = "raises-exception"  # the tag of a cell that is meant to end in an error
Book = dict[str, Any]
CELLS = tomllib.loads(Path(__file__).with_name("cells.toml").read_text())


def not_runnable() -> dict[str, dict[str, str]]:
    """The cells that cannot run in a browser: by the name of their notebook, their ids with the reasons."""
    reasons = CELLS["reasons"]
    return {
        notebook: {id: reasons[reason] for reason, ids in groups.items() for id in ids}
        for notebook, groups in CELLS["recorded"].items()
    }


def for_the_site(path: Path, cells: dict[str, str]) -> tuple[Book, Book]:
    """A notebook for the site, and the recorded outputs that its `%%recorded` cells show."""
    book, recorded = json.loads(path.read_text()), dict[str, Any]()
    book["metadata"]["kernelspec"] = KERNEL
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
        if cell["id"] in cells:
            name = f"{path.stem} {cell['id']}"
            instead = CELLS["instead"].get(name, "")
            note = NOT_RUN.format(reason=cells[cell["id"]])
            recorded[name] = {"note": note, "outputs": cell["outputs"], "instead": instead}
            _replace(cell, name, note)
        elif RAISES in cell["metadata"].get("tags", []):
            cell["source"] = ["%%raises\n", *cell["source"]]
    return book, recorded


def _replace(cell: Book, name: str, note: str) -> None:
    cell["source"] = [f"%%recorded {name}\n", *cell["source"]]
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": note + "\n"}, *cell["outputs"]]
    cell["metadata"]["tags"] = [tag for tag in cell["metadata"].get("tags", []) if tag != RAISES]


def code_cells(path: Path) -> list[Book]:
    """The code cells of a committed notebook."""
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


def title_page(path: Path) -> tuple[str, str, str]:
    """The title, the question and the minutes of a notebook, from its first cell."""
    head = "".join(json.loads(path.read_text())["cells"][0]["source"])
    found = re.match(r"# (.+)\n\n\*\*(.+?)\*\*.*?About (\d+) minutes", head)
    if not found:
        raise ValueError(f"{path.name} does not begin with a title, a question and minutes")
    return found[1], found[2], found[3]
