"""Order names: order-1, order-2 ... in place of the UUIDs of orders."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from checkout.fields import UUID

ANY_UUID = re.compile(UUID.strip("^").partition("$")[0])


class OrderNames:
    """Names each order id in the order of first use."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, id: str | None) -> str:
        """Returns the order's name; an id that is no UUID is returned as it is, and None as an empty string."""
        if not id or not ANY_UUID.fullmatch(id):
            return id or ""
        return self._names.setdefault(id, f"order-{len(self._names) + 1}")

    def id(self, name: str) -> str:
        """Returns the id behind a name; an id or an unknown name is returned as it is."""
        return next((id for id, given in self._names.items() if given == name), name)

    def text(self, text: str) -> str:
        """Returns the text with the id of each known order replaced by its name."""
        return ANY_UUID.sub(lambda found: self._names.get(found[0], found[0]), text)

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Returns the rows with order ids replaced in every text cell."""
        return [
            {name: self.text(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows
        ]
