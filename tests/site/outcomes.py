"""Outcomes: what a notebook of the site printed, compared with the committed notebook."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from compared_outputs import comparable

Cell = dict[str, Any]
VIEW = "application/vnd.jupyter.widget-view+json"


def printed(cell: Cell) -> str:
    """The outputs of a cell as text, without what differs between kernels: numbers, live widgets, parts of a stream."""
    parts = list[str]()
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            parts.append("".join(output["text"]))
        elif output["output_type"] == "error":
            parts.append(f"{output['ename'].strip('<>').split('.')[-1].strip(chr(39))}: {output['evalue']}\n")
        else:
            data = {kind: "".join(shown) for kind, shown in output["data"].items() if kind != VIEW}
            parts.append(json.dumps(comparable(data), sort_keys=True, ensure_ascii=False) + "\n")
    return "".join(parts)


def differences(cells: Sequence[Cell], path: Path) -> Iterator[str]:
    """A sentence for each code cell that printed something else than the committed one; recorded cells are left out."""
    committed = {cell["id"]: cell for cell in json.loads(path.read_text())["cells"]}
    for cell in cells:
        if "".join(cell["source"]).startswith("%%recorded"):
            continue
        now, then = printed(cell).rstrip("\n"), printed(committed[cell["id"]]).rstrip("\n")
        if now != then:
            at = next((at for at, pair in enumerate(zip(now, then, strict=False)) if pair[0] != pair[1]), 0)
            yield f"{path.name} {cell['id']}: {now[max(0, at - 60) : at + 120]!r}, committed {then[at : at + 60]!r}"
