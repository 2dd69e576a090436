"""Cell outputs: runs the code cells of a notebook in this process, and prints what each shows as JSON."""

import ast
import contextlib
import importlib
import io
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from IPython.core.formatters import DisplayFormatter

SHOWN = ("text/plain", "text/html")


def run(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Runs a cell; returns what it prints, the text and the HTML of its last expression, and its error if any."""
    printed, shown, error = io.StringIO(), {}, ""
    with contextlib.redirect_stdout(printed):
        try:
            tree = ast.parse(source)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<cell>", "exec"), names)
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if last else None
            shown = DisplayFormatter().format(value, include=SHOWN)[0] if value is not None else {}
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
    return {"stdout": printed.getvalue(), "error": error} | shown


def main() -> None:
    """Runs the notebook that is the argument, in its folder."""
    cells = json.loads(Path(sys.argv[1]).read_text())["cells"]
    if find_spec("pandas") is None:
        sys.modules["pandas"] = importlib.import_module("checkout.lab.views.small_frames")  # as the kernel of the site
    names: dict[str, Any] = {"__name__": "__main__"}
    outputs = [run("".join(cell["source"]), names) for cell in cells if cell["cell_type"] == "code"]
    print(json.dumps(outputs))


if __name__ == "__main__":
    main()
