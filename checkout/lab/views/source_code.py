"""Source code: shows the code of the store in a cell, so that a notebook holds no copy of it."""

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
# Inline colours work on a dark page too, and change nothing else on it; long lines wrap.
COLOURS = HtmlFormatter(
    noclasses=True, style="default", cssstyles="color: #1c2430; padding: 0.5em",
    prestyles="white-space: pre-wrap; margin: 0; color: inherit; background: inherit; font-family: monospace",
)


class Source:
    """The source code of an object, and its file."""

    def __init__(self, file: str, code: str) -> None:
        self.file, self.code = file, code

    def __repr__(self) -> str:
        return f"# {self.file}\n{self.code}"

    def _repr_html_(self) -> str:
        return f"<div><code>{self.file}</code>{highlight(self.code, PythonLexer(), COLOURS)}</div>"


def show(thing: object) -> Source:
    """Returns the source of a handler, class or module of `checkout`, or of an object's class.

    Raises LabError for an object of another package, or without source.
    """
    has_source = isinstance(thing, (type, ModuleType)) or inspect.isroutine(thing)
    target: Any = thing if has_source else type(thing)
    module = target.__name__ if isinstance(target, ModuleType) else str(target.__module__)
    if module.split(".")[0] != checkout.__name__:
        raise LabError(f"{target.__name__} is not part of the store: show a class, function or module of `checkout`")
    try:
        code = textwrap.dedent(inspect.getsource(target)).rstrip()
    except (OSError, TypeError):
        raise LabError(f"{target.__name__} has no source code: it is generated, or its file is empty") from None
    return Source(Path(inspect.getfile(target)).relative_to(ROOT).as_posix(), code)
