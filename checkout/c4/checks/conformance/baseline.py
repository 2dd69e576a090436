"""Baseline: a file of deviations that are known and accepted until a date, each with a reason."""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from checkout.c4.checks.conformance.results import Deviation, DeviationKey, DeviationKind, OrderResult
from checkout.c4.findings import display_path, printable
from checkout.errors import CheckoutError

DAYS = 90  # until a deviation that `--write-baseline` writes counts again
MOST_BYTES = 1_000_000
FIELDS = {"diagram": str, "kind": str, "from": str, "to": str, "technology": str, "reason": str, "until": date}
OPTIONAL = {"seen": str}
HEAD = "# Deviations that verify accepts. Each needs a reason, and counts again after its date."


class BaselineError(CheckoutError):
    """A baseline cannot be used; the message names the file, the line and the remedy."""

    exit_code = 2


@dataclass(frozen=True)
class AcceptedDeviation:
    """One accepted deviation of a diagram: the reason, the last day on which it is accepted, and its line."""

    place: str
    diagram: str
    key: DeviationKey
    reason: str
    until: date


class Baseline:
    """The accepted deviations of one diagram on a day."""

    def __init__(self, entries: Iterable[AcceptedDeviation], diagram: str, today: date) -> None:
        self._entries = [entry for entry in entries if entry.diagram == diagram]
        self._diagram, self._today = diagram, today
        self._used = set[AcceptedDeviation]()

    def accept(self, results: Iterable[OrderResult]) -> list[OrderResult]:
        """The results, with the deviations that an entry accepts as tolerated ones."""
        return [replace(each, deviations=tuple(map(self._accept, each.deviations))) for each in results]

    def _accept(self, deviation: Deviation) -> Deviation:
        entries = [entry for entry in self._entries if entry.key == deviation.key]
        self._used.update(entries)
        valid = next((entry for entry in entries if entry.until >= self._today), None)
        if valid is None or deviation.tolerated:
            return deviation
        return replace(deviation, tolerated=True, accepted=f"{valid.reason} (until {valid.until})")

    def write(self, file: Path, deviations: Iterable[Deviation]) -> int:
        """Writes the distinct deviations of the diagram to a file; returns their number. Raises BaselineError, OSError.

        Those that have an entry, expired or not, keep its reason and date. The others get an empty reason, to be
        completed, and DAYS days. Entries of other diagrams in the file stay.
        """
        known = {entry.key: entry for entry in self._entries}
        tables = [table for table in _tables(file) if table.get("diagram") != self._diagram]
        keys = list(dict.fromkeys(deviation.key for deviation in deviations))
        for key in keys:
            reason, until = "", self._today + timedelta(days=DAYS)
            if key in known:
                reason, until = known[key].reason, known[key].until
            fields = {"diagram": self._diagram, "kind": str(key.kind), "from": key.source, "to": key.target}
            seen = {"seen": key.seen} if key.seen else {}
            tables.append(fields | {"technology": key.technology} | seen | {"reason": reason, "until": until})
        file.write_text("\n\n".join([HEAD, *map(_as_toml, tables)]) + "\n", encoding="utf-8")
        return len(keys)

    @property
    def warnings(self) -> list[str]:
        """One sentence for each entry that has expired, or that matched no deviation of the accepted results."""
        expired = [each for each in self._entries if each.until < self._today and each in self._used]
        stale = [each for each in self._entries if each not in self._used]
        return [
            *(f"{each.place}: {each.key} was accepted until {each.until} and counts again" for each in expired),
            *(f"{each.place}: {each.key} matches no deviation: remove the entry" for each in stale),
        ]


def open_baseline(file: Path | None, diagram: str, today: date) -> Baseline:
    """The baseline of a diagram from a file; an empty one without a file. Raises BaselineError, OSError."""
    return Baseline(read_baseline(file) if file else [], diagram, today)


def read_baseline(file: Path) -> list[AcceptedDeviation]:
    """The entries of a baseline file. Raises BaselineError for one that is incomplete, and OSError."""
    text, data = _load(file)
    name = display_path(file)
    tables = data.get("deviation", [])
    lines = [number for number, line in enumerate(text.split("\n"), 1) if line.strip() == "[[deviation]]"]
    if set(data) - {"deviation"} or not isinstance(tables, list) or len(lines) != len(tables):
        raise BaselineError(f"{name} has other contents than tables [[deviation]]: see docs/builds.md")
    return [_entry(table, f"{name}:{line}") for table, line in zip(tables, lines, strict=True)]


def _load(file: Path) -> tuple[str, dict[str, Any]]:
    name = display_path(file)
    if file.stat().st_size > MOST_BYTES:
        raise BaselineError(f"{name} is larger than {MOST_BYTES:,} bytes: name a baseline")
    try:
        text = file.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BaselineError(f"{name} is no TOML: {error}") from error


def _entry(table: dict[str, Any], place: str) -> AcceptedDeviation:
    for field, kind in (FIELDS | OPTIONAL).items():
        if field not in table and field in OPTIONAL:
            continue
        if type(table.get(field)) is not kind:
            what = "a date such as 2026-12-31" if kind is date else "a text"
            raise BaselineError(f"{place}: {field} is missing or is not {what}")
    unknown = next((field for field in table if field not in FIELDS | OPTIONAL), None)
    if unknown:
        raise BaselineError(f"{place}: {printable(unknown)} is unknown: remove it")
    if not table["reason"].strip():
        raise BaselineError(f"{place}: the reason is empty: write why this deviation is accepted")
    if table["kind"] not in list(DeviationKind):
        raise BaselineError(f"{place}: {printable(table['kind'])} is not one of {', '.join(DeviationKind)}")
    key = DeviationKey(table["kind"], table["from"], table["to"], table["technology"], table.get("seen", ""))
    return AcceptedDeviation(place, table["diagram"], key, table["reason"].strip(), table["until"])


def _tables(file: Path) -> list[dict[str, Any]]:
    data = _load(file)[1] if file.exists() else {}
    tables = data.get("deviation", [])
    if set(data) - {"deviation"} or not (isinstance(tables, list) and all(isinstance(each, dict) for each in tables)):
        raise BaselineError(f"{display_path(file)} has other contents than tables [[deviation]]: name another file")
    return tables


def _as_toml(table: dict[str, Any]) -> str:
    lines = (f"{name} = {value if isinstance(value, date) else _quoted(str(value))}" for name, value in table.items())
    return "\n".join(["[[deviation]]", *lines])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # the only escapes in which TOML differs
