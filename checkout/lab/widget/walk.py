"""Walk: the widget that steps through a lab or a replay, with its side of the messages to the browser."""

import threading
from collections.abc import Mapping
from html import escape
from typing import Any, ClassVar

import anywidget
import msgspec

from checkout.c4.notebook.text import wrapped
from checkout.lab.course.step_notes import NOTES
from checkout.lab.errors import LabError
from checkout.lab.history.replay import Replay
from checkout.lab.history.sentences import element
from checkout.lab.lab import Lab
from checkout.lab.views.pictures import VIEWS, arrow_lines, static_picture, view
from checkout.lab.widget.assets import script, style
from checkout.lab.widget.history_pages import HistoryPages, JsonObject

SUMMARY_ROWS = 20
SUMMARY_COLUMNS = ("order", "status", "reason", "total")


class Walk(anywidget.AnyWidget):
    """What `lab.walk()` shows: the browser asks for the last page of hops, receives what is new, and asks for others.

    `run` is a lab, which the browser can move, or a replay.
    """

    _esm: ClassVar[str] = script("dom", "colours", "kernel", "history", "picture", "tables", "panels", "walk")
    _css: ClassVar[str] = style("walk")

    def __init__(self, run: Lab | Replay) -> None:
        super().__init__()
        self._run, self._lab = run, run if isinstance(run, Lab) else None
        self._lock = self._lab.lock if self._lab else threading.RLock()
        self._pages = HistoryPages(run.journal.projection)
        self._is_open, self._is_answering = False, False
        self.on_msg(lambda _, content, __: self._receive(content))
        if self._lab:
            self._lab.on_change(self._send_news)

    def _receive(self, content: Mapping[str, Any]) -> None:
        with self._lock:
            self.send(self.answer(content))

    def _send_news(self) -> None:
        # A cell may change the lab on another thread. Changes that the browser has asked for are in the answer.
        with self._lock:
            if self._is_open and not self._is_answering:
                self.send(self._news())

    def answer(self, request: Mapping[str, Any]) -> JsonObject:
        """Carries out a request of the browser; returns what is new, and the error as a sentence."""
        with self._lock:
            found, error = None, ""
            self._is_answering = True
            try:
                found = self._looked_up(request)
                if found is None:
                    self._carry_out(request)
            except LabError as problem:
                error = str(problem)
            except Exception as problem:  # the browser is the only place where a callback's error can be seen
                error = f"{type(problem).__name__}: {problem}"
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
                return {"picture": _view_message(request["name"])}
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
        pictures = {self._run.view: _view_message(self._run.view)}
        names = {alias: element(alias) for name in VIEWS for alias in view(name).boxes}
        return {"whole": True, "is_live": self._lab is not None, "pictures": pictures, "notes": NOTES, "names": names}

    def _current_pages(self) -> HistoryPages:
        projection = self._run.journal.projection
        if self._pages.projection is not projection:  # a reset has discarded all moments
            self._pages = HistoryPages(projection)
        return self._pages

    def _news(self, whole: bool = False) -> JsonObject:
        status = msgspec.to_builtins(self._lab.status()) if self._lab else None
        return self._current_pages().news(whole) | {"status": status}

    def __repr__(self) -> str:
        with self._lock:
            moments, name = self._run.moments, self._run.view
            lines = [f"walk through {name}, hop {len(moments)} of {len(moments)}"]
            if moments:
                lines += [moments[-1].sentence, *arrow_lines(moments[-1])]
            return wrapped("\n  ".join([*lines, *([self._lab.status().next] if self._lab else [])]))

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle: Any = super()._repr_mimebundle_(**options)
        with self._lock:
            return bundle[0] | {"text/html": _html(self._run, repr(self))}, bundle[1]


def _html(run: Lab | Replay, words: str) -> str:
    orders = run.moments[-1].state.orders if run.moments else []
    rows = [[str(row.get(name) or "") for name in SUMMARY_COLUMNS] for row in orders[-SUMMARY_ROWS:]]
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    head = "".join(f"<th>{name}</th>" for name in SUMMARY_COLUMNS)
    caption = escape(words).replace("\n", "<br>")
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
    picture = static_picture(run.view, run.moments)._repr_html_()
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>{table}"


def _view_message(name: str) -> JsonObject:
    found = view(name)
    arrows = [
        {"from": sender, "to": to, "technology": technology} | arrow._asdict()
        for (_, sender, to, technology), arrow in found.arrows.items()
    ]
    return {"svg": found.svg, "arrows": arrows, "boxes": found.boxes}
