"""Recorded cells: in a kernel of the site, `%%recorded` shows the committed output of a cell that cannot run there."""

import json
import os
from pathlib import Path
from typing import Any

from IPython.core.magic import register_cell_magic
from IPython.display import publish_display_data

HERE = Path(__file__).parent
NOT_RUN = "Not run in the browser: {reason}. This is the output recorded with Kafka, Java and processes at hand."


def load_ipython_extension(shell: Any) -> None:
    """Adds `%%recorded`, and makes the files that notebooks read theirs: JupyterLite's own drive has no `.jsonl`."""
    cells = json.loads((HERE / "recorded_cells.data").read_text())
    register_cell_magic("recorded")(lambda line, cell: show(cells[line.strip()]))
    shell.Completer.use_jedi = False
    shell.events.register("pre_run_cell", lambda info: os.chdir(HERE / "notebooks"))


def show(recorded: dict[str, Any]) -> None:
    """Says why a cell has not run, and shows its recorded outputs."""
    print(NOT_RUN.format(reason=recorded["reason"]))
    for output in recorded["outputs"]:
        if output["output_type"] == "stream":
            print("".join(output["text"]), end="")
        elif output["output_type"] == "error":
            print(f"{output['ename']}: {output['evalue']}")
        else:
            publish_display_data(output["data"], output.get("metadata", {}))
