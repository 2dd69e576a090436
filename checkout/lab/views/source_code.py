"""Source: shows the code of the store as it stands, so that a notebook never holds a copy."""

import inspect
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

import checkout
from checkout.lab.errors import LabError

ROOT = Path(checkout.__file__).parent.parent
# The page may be dark: colours stand in the tags, so nothing outside them changes, and long lines wrap.
COLOURS = HtmlFormatter(
    noclasses=True, style="default", cssstyles="color: #1c2430; padding: 0.5em",
    prestyles="white-space: pre-wrap; margin: 0; color: inherit; background: inherit; font-family: monospace",
)


class Source:
    """The code of one thing, and the file it stands in."""

    def __init__(self, file: str, code: str) -> None:
        self.file, self.code = file, code

    def __repr__(self) -> str:
        return f"# {self.file}\n{self.code}"

    def _repr_html_(self) -> str:
        return f"<div><code>{self.file}</code>{highlight(self.code, PythonLexer(), COLOURS)}</div>"


def show(thing: object) -> Source:
    """The source of a handler, class or module, or of an object's class. Raises LabError for others'."""
    has_source = isinstance(thing, (type, ModuleType)) or inspect.isroutine(thing)
    target: Any = thing if has_source else type(thing)
    module = target.__name__ if isinstance(target, ModuleType) else str(target.__module__)
    if module.split(".")[0] != checkout.__name__:
        raise LabError(f"{target.__name__} is not the store's: show a class, function or module of `checkout`")
    try:
        code = textwrap.dedent(inspect.getsource(target)).rstrip()
    except (OSError, TypeError):
        raise LabError(f"{target.__name__} has no source: Python or a library made it, or its file is empty") from None
    return Source(Path(inspect.getfile(target)).relative_to(ROOT).as_posix(), code)
