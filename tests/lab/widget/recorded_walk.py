"""Recorded walk: a walk without a browser."""

from typing import Any

from checkout.lab.widget.walk import Walk


class RecordedWalk(Walk):
    """A walk whose messages to the browser are kept."""

    def send(self, content: Any, buffers: Any = None) -> None:
        """Keeps the message."""
        self.__dict__.setdefault("messages", []).append(content)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages sent to the browser."""
        return self.__dict__.get("messages", [])
