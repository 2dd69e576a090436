"""Run messages: what the browser asks about a run and asks it to do, and what it receives."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from checkout.lab.course.step_notes import NOTES
from checkout.lab.history.replay import Replay
from checkout.lab.history.sentences import element
from checkout.lab.lab import Lab
from checkout.lab.views.pictures import VIEWS, view
from checkout.lab.widget.history_pages import HistoryPages, JsonObject
from checkout.lab.widget.messages import WidgetMessages


class RunMessages(WidgetMessages):
    """The messages about one run of a walk: its hops in pages, pictures, and the state of the partitions."""

    def __init__(
        self, run: Lab | Replay, send: Callable[[JsonObject], object],
        locked: Callable[[], AbstractContextManager[object]],
    ) -> None:  # fmt: skip
        super().__init__(run, send, locked)
        self._pages = HistoryPages(run.journal.projection)

    def _look_up(self, request: Mapping[str, Any]) -> JsonObject | None:
        match request["do"]:
            case "hello":
                self._is_open = True
                return whole_message(self._lab is not None, [self.run.view]) | self._news(True)
            case "page":
                return {"page": self._current_pages().page(request["from"], request["to"], request["at"])}
            case "picture":
                return {"picture": view_message(request["name"])}
            case "partitions":
                return {"partitions": msgspec.to_builtins(self.run.partition_state(request["number"]))}
        return None

    def _change(self, lab: Lab, request: Mapping[str, Any]) -> bool:
        if request["do"] != "break":
            return False
        change = lab.break_at if request["on"] else lab.clear_break
        change(request["service"], request["verb"])
        return True

    def _current_pages(self) -> HistoryPages:
        projection = self.run.journal.projection
        if self._pages.projection is not projection:  # a reset has discarded all moments
            self._pages = HistoryPages(projection)
        return self._pages

    def _news(self, whole: bool = False) -> JsonObject:
        status = self._status()  # first: the pages count as sent once they are asked for
        return self._current_pages().news(whole) | {"status": status}


def whole_message(is_live: bool, views: Iterable[str]) -> JsonObject:
    """Returns the static part of the first message: pictures of these views, names of elements, notes of steps."""
    pictures = {name: view_message(name) for name in views}
    names = {alias: element(alias) for name in VIEWS for alias in view(name).boxes}
    return {"whole": True, "is_live": is_live, "pictures": pictures, "notes": NOTES, "names": names}


def view_message(name: str) -> JsonObject:
    """The picture of a view, with its arrows and its boxes."""
    found = view(name)
    arrows = [
        {"from": sender, "to": to, "technology": technology} | arrow._asdict()
        for (_, sender, to, technology), arrow in found.arrows.items()
    ]
    return {"svg": found.svg, "arrows": arrows, "boxes": found.boxes}
