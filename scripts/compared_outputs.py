"""Compared outputs: whether a recorded notebook is as committed, apart from the bytes of its plots."""

import difflib
import json
import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

# The patterns that nbval reads, too: a regular expression and what replaces it.
NOT_COMPARED = re.findall(r"^regex: (.*)\nreplace: (.*)$", Path(__file__).with_suffix(".cfg").read_text(), re.MULTILINE)


def comparable(value: Any) -> Any:
    """A cell, or a part of it, without what need not be as committed: the bytes of plots."""
    if isinstance(value, dict):
        return {name: comparable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [comparable(each) for each in value]
    for pattern, replacement in NOT_COMPARED:
        value = re.sub(pattern, replacement, value) if isinstance(value, str) else value
    return value


def difference(path: Path, now: str) -> str:
    """The first cell that differs from the committed one, line by line; empty when only the bytes of plots differ."""
    books = [json.loads(text) for text in (path.read_text(), now)]
    for number, pair in enumerate(zip_longest(*(book.pop("cells") for book in books), fillvalue={}), 1):
        lines = [json.dumps(comparable(cell), indent=1, ensure_ascii=False).splitlines() for cell in pair]
        if lines[0] != lines[1]:
            diff = difflib.unified_diff(*lines, "committed", "recorded now", n=2, lineterm="")
            return f"{path.name}, cell {number} differs:\n" + "\n".join(line[:200] for line in diff)
    return "" if books[0] == books[1] else f"{path.name} differs outside its cells"
