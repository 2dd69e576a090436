"""Trace map: the file traces.toml, which maps names in traces to the elements and technologies of a drawing."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from fnmatch import translate
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from checkout.c4.findings import display_path
from checkout.errors import CheckoutError

FILE_NAME = "traces.toml"
TABLES = ("services", "peers", "brokers", "technology")
T = TypeVar("T")


class TraceMapError(CheckoutError):
    """A trace map cannot be used; the message names the file, the key and the remedy."""

    exit_code = 2


class Patterns(Generic[T]):
    """Values by name, where `*` in a key stands for any characters. Exact keys come first; case does not matter."""

    def __init__(self, values: Mapping[str, T]) -> None:
        self._exact = {key.casefold(): value for key, value in values.items()}
        wild = [(key, value) for key, value in self._exact.items() if "*" in key]
        # fnmatch would read brackets and question marks as wildcards, too.
        self._wild = [(re.compile(translate(re.sub(r"([\[?])", r"[\1]", key))), value) for key, value in wild]

    def find(self, name: str) -> T | None:
        """The value of the key that fits a name, or None."""
        folded = name.casefold()
        if folded in self._exact:
            return self._exact[folded]
        return next((value for pattern, value in self._wild if pattern.match(folded)), None)


class Ignored(msgspec.Struct, frozen=True):
    """What the mapping leaves out: names in which `*` stands for any characters."""

    services: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


class TraceMap(msgspec.Struct, frozen=True):
    """The content of a map file. `caller` is the element before a root server span, or empty."""

    caller: str = ""
    services: dict[str, str] = {}
    peers: dict[str, str] = {}
    brokers: dict[str, str] = {}
    technology: dict[str, str] = {}
    ignore: Ignored = Ignored()


def as_patterns(names: Iterable[str]) -> Patterns[bool]:
    """Patterns whose `find` returns True for these names."""
    return Patterns(dict.fromkeys(names, True))


def find_map(map_file: Path | None, diagram: Path | None) -> TraceMap:
    """The map in a file, else in traces.toml beside a diagram if there is one, else an empty one."""
    beside = diagram.parent / FILE_NAME if diagram else None
    if map_file is None and (beside is None or not beside.is_file()):
        return TraceMap()
    return read_map(map_file or beside or Path(FILE_NAME))


def read_map(file: Path) -> TraceMap:
    """Reads a map file. Raises TraceMapError for a missing file, no TOML, an unknown key and a wrong type."""
    where = display_path(file)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{where}: {error.strerror}: name a map file, or print one with `journal --suggest-map`"
        raise TraceMapError(message) from error
    except ValueError as error:  # TOMLDecodeError or UnicodeDecodeError
        raise TraceMapError(f"{where} is not TOML ({error}): write names in quotes, and = before values") from error
    _require_keys(content, ("caller", *TABLES, "ignore"), where)
    _require_type(content.get("caller", ""), str, f"{where}, caller", "the alias of one element as a string")
    for table in TABLES:
        aliases = _require_type(content.get(table, {}), dict, f"{where}, [{table}]", 'lines such as "name" = "ALIAS"')
        for key, value in aliases.items():
            _require_type(value, str, f'{where}, [{table}] "{key}"', "a string")
    return TraceMap(**{**content, "ignore": _read_ignored(content.get("ignore", {}), where)})


def _read_ignored(content: Any, where: str) -> Ignored:
    place = f"{where}, [ignore]"
    names = _require_type(content, dict, place, 'lines such as peers = ["*.example"]')
    _require_keys(names, Ignored.__struct_fields__, place)
    for key, values in names.items():
        for value in _require_type(values, list, f"{place} {key}", "a list of strings"):
            _require_type(value, str, f"{place} {key}", "a list of strings")
    return Ignored(**{key: tuple(values) for key, values in names.items()})


def _require_keys(content: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    for key in content:
        if key not in known:
            raise TraceMapError(f'{where}: unknown key "{key}": use {", ".join(known)}')


def _require_type(value: Any, type_: type, where: str, remedy: str) -> Any:
    if not isinstance(value, type_):
        raise TraceMapError(f"{where} is {value!r:.60}: use {remedy}")
    return value
