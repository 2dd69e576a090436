"""Markup: escaped text, elements and tables of a page."""

import re
from collections.abc import Iterable, Sequence
from html import escape as escape_markup
from typing import NamedTuple

from checkout.c4.findings import printable

LONGEST = 400  # characters of one text


class Html(str):
    """Markup that goes into a page as it is."""

    __slots__ = ()


class Column(NamedTuple):
    """A column of a table: its header, whether it has numbers, and whether it heads its rows."""

    header: str
    is_number: bool = False
    is_head: bool = False


def text(value: object) -> Html:
    """A value as text of a page: escaped, without control characters, at most 400 characters; markup unchanged."""
    if isinstance(value, Html):
        return value
    plain = str(value)
    shown = plain if len(plain) <= LONGEST else plain[:LONGEST] + "…"
    return Html(escape_markup(printable(shown)))


def join(parts: Iterable[object], between: str = "") -> Html:
    """The parts as one text; markup stays markup."""
    return Html(between.join(map(text, parts)))


def tag(name: str, *content: object, **attributes: str) -> Html:
    """An element; attribute names may end with an underscore, and have one instead of each hyphen."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape_markup(value)}"' for key, value in attributes.items()
    )
    return Html(f"<{name}{written}>{join(content)}</{name}>")


def table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> Html:
    """A table in a region that can be scrolled by keyboard. The caption names both."""
    head = tag("tr", *(tag("th", each.header, scope="col", **_classes(each)) for each in columns))
    body = (tag("tr", *(_cell(column, value) for column, value in zip(columns, row, strict=True))) for row in rows)
    content = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body))
    return tag("div", content, class_="wide", role="region", aria_label=f"Table: {caption}", tabindex="0")


def _cell(column: Column, value: object) -> Html:
    name, scope = ("th", {"scope": "row"}) if column.is_head else ("td", {})
    return tag(name, value, **scope, **_classes(column))


def _classes(column: Column) -> dict[str, str]:
    return {"class_": "number"} if column.is_number else {}


def slug(*parts: str) -> str:
    """The parts as an id."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")
