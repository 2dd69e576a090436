"""Run messages: what the browser asks about a run and asks it to do, and what it receives."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from checkout.lab.course.step_notes import NOTES
from checkout.lab.errors import LabError
from checkout.lab.history.replay import Replay
from checkout.lab.history.sentences import element
from checkout.lab.lab import Lab
from checkout.lab.views.pictures import VIEWS, view
from checkout.lab.widget.history_pages import HistoryPages, JsonObject


class RunMessages:
    """The messages about one run: a lab, which the browser can move, or a replay.

    `send` receives what is new when a cell has changed the lab. `locked` is entered for each message.
    """

    def __init__(
        self, run: Lab | Replay, send: Callable[[JsonObject], object],
        locked: Callable[[], AbstractContextManager[None]],
    ) -> None:  # fmt: skip
        self.run, self._lab, self._send, self._locked = run, run if isinstance(run, Lab) else None, send, locked
        self._pages = HistoryPages(run.journal.projection)
        self._is_open, self._is_answering = False, False
        if self._lab:
            self._lab.on_change(self._send_news)

    def close(self) -> None:
        """Sends no more news: the browser shows another run."""
        self._is_open = False

    def _send_news(self) -> None:
        # A cell may change the lab on another thread. Changes that the browser has asked for are in the answer.
        with self._locked():
            if self._is_open and not self._is_answering:
                self._send(self._news())

    def answer(self, request: Mapping[str, Any]) -> JsonObject:
        """Carries out a request of the browser; returns what is new, and the error as a sentence."""
        with self._locked():
            found, error = None, ""
            self._is_answering = True
            try:
                found = self._looked_up(request)
                if found is None:
                    self._carry_out(request)
            except Exception as problem:  # the browser is the only place where a callback's error can be seen
                error = error_sentence(problem)
            finally:
                self._is_answering = False
            return {"answers": request.get("id"), "error": error} | (self._news() if found is None else found)

    def _looked_up(self, request: Mapping[str, Any]) -> JsonObject | None:
        """The answer to a request that changes nothing; None for others."""
        match request["do"]:
            case "hello":
                return self._whole() | self._news(True)
            case "page":
                return {"page": self._current_pages().page(request["from"], request["to"], request["at"])}
            case "picture":
                return {"picture": view_message(request["name"])}
            case "partitions":
                return {"partitions": msgspec.to_builtins(self.run.partition_state(request["number"]))}
        return None

    def _carry_out(self, request: Mapping[str, Any]) -> None:
        lab, service = self._lab, request.get("service", "")
        if lab is None:
            raise LabError("this is a replay: it can be looked at, not changed")
        match request["do"]:
            case "step":
                lab.step()
            case "verb":
                lab.step(verb=request.get("verb", True))
            case "break" if request["on"]:
                lab.break_at(service, request["verb"])
            case "break":
                lab.clear_break(service, request["verb"])
            case "crash":
                lab.crash(service)
            case "restart":
                lab.restart(service)
            case "reset":
                lab.reset()

    def _whole(self) -> JsonObject:
        self._is_open = True
        return whole_message(self._lab is not None, [self.run.view])

    def _current_pages(self) -> HistoryPages:
        projection = self.run.journal.projection
        if self._pages.projection is not projection:  # a reset has discarded all moments
            self._pages = HistoryPages(projection)
        return self._pages

    def _news(self, whole: bool = False) -> JsonObject:
        status = msgspec.to_builtins(self._lab.status()) if self._lab else None
        return self._current_pages().news(whole) | {"status": status}


def error_sentence(problem: Exception) -> str:
    """What the browser shows of an error."""
    return str(problem) if isinstance(problem, LabError) else f"{type(problem).__name__}: {problem}"


def whole_message(is_live: bool, views: Iterable[str]) -> JsonObject:
    """What the browser is told first, besides the hops: pictures of these views, names of elements, notes of steps."""
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
