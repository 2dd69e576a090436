"""Record notebooks: runs notebooks on one shared Kafka and writes or compares the outputs that every run reproduces."""

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from choose_notebooks import needs_kafka
from compared_outputs import difference
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from checkout.local_kafka import cluster
from checkout.settings import MEMORY, read_settings

ROOT = Path(__file__).parents[1]
SECONDS = 90  # for one cell
VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class NotRecorded(Exception):
    """A notebook that cannot be recorded; the message names the notebook, the cell and the problem."""


def read(path: Path) -> Any:
    """Reads a notebook; a cell without an id of its own gets one."""
    content = json.loads(path.read_text())
    taken, seen = {cell.get("id") for cell in content["cells"]}, set[str | None]([None])
    free = (name for number in range(1, 1_000) if (name := f"cell-{number}") not in taken)
    for cell in content["cells"]:
        if cell.get("id") in seen:
            cell["id"] = next(free)
        seen.add(cell["id"])
    return nbformat.reads(json.dumps(content | {"nbformat": 4, "nbformat_minor": 5}), as_version=4)


def recorded(path: Path) -> str:
    """The notebook after a run in a new kernel, in the folder of its file. Raises NotRecorded."""
    notebook, at = read(path), [0]
    client = NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}},
        record_timing=False, store_widget_state=False, coalesce_streams=True, extra_arguments=["--log-level=ERROR"],
        on_cell_start=lambda cell, cell_index: at.append(cell_index + 1),
    )  # fmt: skip
    try:
        client.execute()
    except CellExecutionError as error:
        raise NotRecorded(f"{path.name}, cell {at[-1]}: {error.ename}: {error.evalue}\n{error}") from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise NotRecorded(f"{path.name}, cell {at[-1]}: {error}") from None
    for number, cell in enumerate(notebook.cells, 1):
        clean(cell, f"{path.name}, cell {number}")
    notebook.metadata = nbformat.from_dict(METADATA)
    return str(nbformat.writes(notebook)) + "\n"


def clean(cell: Any, where: str) -> None:
    """Removes what differs from run to run or cannot be shown later: times, live widgets, paths in tracebacks."""
    for name in ("execution", "trusted"):
        cell.metadata.pop(name, None)
    for output in cell.get("outputs", []):
        if output.get("name") == "stderr":
            raise NotRecorded(f"{where}: it writes to stderr: {output.text}")
        if output.output_type == "error":
            output.traceback = [f"{output.ename}: {output.evalue}"]
        output.get("data", {}).pop(VIEW, None)


@contextlib.contextmanager
def shared_kafka() -> Iterator[None]:
    """One broker for all kernels, which find it through CHECKOUT_HOME; none with CHECKOUT_LOG=memory."""
    settings = read_settings()
    home = settings.home.absolute()
    os.environ["CHECKOUT_HOME"] = str(home)
    if settings.bootstrap_servers or settings.log == MEMORY:
        yield
        return
    cluster.acquire(home, settings.port_base, on_progress=lambda what, share: None)
    try:
        yield
    finally:
        cluster.release(home)


def main(arguments: list[str]) -> int:
    """Returns 0 when all notebooks ran and, with --check, are as committed, 2 if a file does not exist."""
    check, names = "--check" in arguments, [Path(name).absolute() for name in arguments if name != "--check"]
    paths, failed = names or sorted((ROOT / "notebooks").glob("*.ipynb")), 0
    if missing := [str(path) for path in paths if not path.is_file()]:
        print(f"no such notebook: {', '.join(missing)}", file=sys.stderr)
        print("usage: scripts/record-notebooks [--check] [NOTEBOOK ...]", file=sys.stderr)
        return 2
    if read_settings().log == MEMORY and (skipped := [path for path in paths if needs_kafka(path)]):
        print("skipped in memory, as they need Kafka:", ", ".join(path.name for path in skipped))
        paths = [path for path in paths if path not in skipped]
    with tempfile.TemporaryDirectory() as profile, shared_kafka():
        os.environ["IPYTHONDIR"] = profile
        for path in paths:
            started = time.monotonic()
            try:
                now = recorded(path)
                wrong = difference(path, now) if check else ""
                if not check:
                    path.write_text(now)
            except NotRecorded as error:
                wrong = str(error)
            failed += bool(wrong)
            print(wrong or f"{path.name}: {'as committed' if check else 'recorded'}, "
                  f"{time.monotonic() - started:.0f} s", flush=True)
    print(f"{len(paths)} notebooks, {failed} failed")
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
