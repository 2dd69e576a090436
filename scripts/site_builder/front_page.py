"""Front page of the site: the notebooks, and how many cells of each run in a browser."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template

from books import NOTEBOOKS, code_cells, not_runnable, title_page


def page(megabytes: float) -> str:
    """The page as HTML. `megabytes`: what a browser loads until the first cell runs."""
    template = Template(Path(__file__).with_suffix(".html").read_text())
    return template.substitute(first=NOTEBOOKS[0].name, megabytes=f"{megabytes:.0f}", rows="\n".join(_rows()))


def _rows() -> Iterator[str]:
    absent = not_runnable()
    for path in NOTEBOOKS:
        title, question, minutes = title_page(path)
        count = len(code_cells(path))
        runs = count - len(absent.get(path.stem, {}))
        link = f'<a href="lab/index.html?path=notebooks/{path.name}">{escape(title)}</a>'
        cells = "all" if runs == count else f"{runs} of {count}"
        yield f"<tr><td>{link}</td><td>{escape(question)}</td><td>{minutes}</td><td>{cells}</td></tr>"
