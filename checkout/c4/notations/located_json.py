"""Located JSON: reads JSON so that every object knows the line on which it begins."""

import json
import json.scanner
from bisect import bisect_right
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from checkout.c4.source.files import SourceLine

MAX_BYTES = 20_000_000  # a large workspace with its documentation


class LocatedDict(dict[str, Any]):
    """A JSON object and the line on which it begins."""

    def __init__(self, items: dict[str, Any], line: SourceLine) -> None:
        super().__init__(items)
        self.line = line

    def text(self, name: str) -> str:
        """A text of this object; empty if it is absent or another type."""
        value = self.get(name)
        return value if isinstance(value, str) else ""

    def objects(self, name: str) -> "list[LocatedDict]":
        """The objects in a list of this object; empty if it is absent or another type."""
        value = self.get(name)
        return [each for each in value if isinstance(each, LocatedDict)] if isinstance(value, list) else []

    def object(self, name: str) -> "LocatedDict":
        """An object in this object; an empty one if it is absent or another type."""
        value = self.get(name)
        return value if isinstance(value, LocatedDict) else LocatedDict({}, self.line)


def located(value: Mapping[str, Any], file: Path) -> LocatedDict:
    """An object that is in no file, whose parts are all on line 1 of `file`."""
    line = SourceLine("", file, 1)

    def locate(part: Any) -> Any:
        if isinstance(part, Mapping):
            return LocatedDict({name: locate(each) for name, each in part.items()}, line)
        return [locate(each) for each in part] if isinstance(part, list) else part

    return LocatedDict({name: locate(each) for name, each in value.items()}, line)


def read_json(file: Path) -> LocatedDict:
    """The object that a file holds. Raises DiagramError if it is too large, not UTF-8, not JSON or not an object."""
    head = SourceLine("", file, 1)
    if file.stat().st_size > MAX_BYTES:
        raise head.error("too-large", f"it is larger than {MAX_BYTES:,} bytes", "split it")
    try:
        text = file.read_bytes().decode("utf-8-sig")
        found = _decoder(text, file).decode(text)
    except json.JSONDecodeError as error:
        raise SourceLine("", file, error.lineno).error("not-json", f"not JSON: {error.msg}", "correct it") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise head.error("not-json", f"not JSON: {type(error).__name__}", "save it as UTF-8 JSON") from None
    if not isinstance(found, LocatedDict):
        raise head.error("not-json", "it is not a JSON object", "name another file")
    return found


def _decoder(text: str, file: Path) -> json.JSONDecoder:
    starts = [0, *(at + 1 for at, character in enumerate(text) if character == "\n")]
    decoder = json.JSONDecoder()
    parse: Callable[..., Any] = json.decoder.JSONObject  # type: ignore[attr-defined]

    def parse_object(start: tuple[str, int], *arguments: Any) -> tuple[LocatedDict, int]:
        items, end = parse(start, *arguments)
        number = bisect_right(starts, start[1])
        return LocatedDict(items, SourceLine("", file, number)), end

    decoder.parse_object = parse_object  # type: ignore[attr-defined]
    decoder.scan_once = json.scanner.py_make_scanner(decoder)  # type: ignore[attr-defined]
    return decoder
