"""Names: orders by the names a person can remember: order-1 instead of a UUID."""

import re
from typing import Any

from checkout.fields import UUID

ANY_UUID = re.compile(UUID.strip("^").partition("$")[0])


class Names:
    """Gives each order's id a name, in the order in which they come up."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, id: str | None) -> str:
        """The order's name; no id has none, and what is no UUID is its own."""
        if not id or not ANY_UUID.fullmatch(id):
            return id or ""
        return self._names.setdefault(id, f"order-{len(self._names) + 1}")

    def id(self, name: str) -> str:
        """The id behind a name; an id is its own, and an unknown name too."""
        return next((id for id, given in self._names.items() if given == name), name)

    def text(self, text: str) -> str:
        """The same text with each order's name instead of its id."""
        return ANY_UUID.sub(lambda found: self._names.get(found[0], found[0]), text)

    def named(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The same rows with names in their texts."""
        return [{name: self._named(value) for name, value in row.items()} for row in rows]

    def _named(self, value: Any) -> Any:
        return self.text(value) if isinstance(value, str) else value
