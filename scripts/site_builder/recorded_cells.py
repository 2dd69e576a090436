"""Recorded cells: the IPython extension of the site's kernels, with `%%recorded` and `%%raises`.

`%%recorded` shows the committed output of a cell that cannot run in a browser. `%%raises` shows the error that a cell
is meant to end in: JupyterLite drops all cells that wait behind an error, whatever the tags of its cell say.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from IPython.display import publish_display_data

from checkout.lab.views import small_frames

HERE = Path(__file__).parent


def load_ipython_extension(shell: Any) -> None:
    """Adds the magics and what stands for pandas; the working folder is the one with the files that notebooks read.

    JupyterLite's own drive has no `.jsonl`.
    """
    sys.modules["pandas"] = small_frames
    cells = json.loads((HERE / "recorded_cells.data").read_text())
    shell.register_magic_function(lambda line, cell: show(cells[line.strip()], shell.user_ns), "cell", "recorded")
    shell.register_magic_function(lambda line, cell: show_error(cell, shell.user_ns), "cell", "raises")
    shell.Completer.use_jedi = False
    shell.events.register("pre_run_cell", lambda info: os.chdir(HERE / "notebooks"))


def show(recorded: dict[str, Any], names: dict[str, Any]) -> None:
    """Says why a cell has not run, runs what stands for it in a browser, and shows its recorded outputs."""
    exec(recorded["instead"], names)
    print(recorded["note"])
    for output in recorded["outputs"]:
        if output["output_type"] == "stream":
            print("".join(output["text"]), end="")
        elif output["output_type"] == "error":
            print(f"{output['ename']}: {output['evalue']}")
        else:
            data = {kind: joined(value) for kind, value in output["data"].items()}
            publish_display_data(data, output.get("metadata", {}))


def joined(value: Any) -> Any:
    """The text of a value that a notebook stores as a list of lines; any other value as it is."""
    return "".join(value) if isinstance(value, list) and all(isinstance(line, str) for line in value) else value


def show_error(cell: str, names: dict[str, Any]) -> None:
    """Runs a cell and prints the error in which it ends."""
    try:
        exec(cell, names)
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
