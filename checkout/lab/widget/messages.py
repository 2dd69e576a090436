"""Messages: the part of a widget's messages that the walk and the board share: requests, answers and news."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from checkout.lab.errors import LabError
from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.widget.history_pages import JsonObject


class WidgetMessages:
    """The messages about one run: a lab, which the browser can change, or a replay. Subclasses say what is in them.

    `send` receives news after a cell has changed the lab. `locked` is entered for each message.
    """

    def __init__(
        self, run: Lab | Replay, send: Callable[[JsonObject], object],
        locked: Callable[[], AbstractContextManager[object]],
    ) -> None:  # fmt: skip
        self.run, self._lab, self._send, self._locked = run, run if isinstance(run, Lab) else None, send, locked
        self._is_open, self._is_answering = False, False
        if self._lab:
            self._lab.on_change(self._send_news)

    def close(self) -> None:
        """Sends no more news: the browser shows another run."""
        self._is_open = False

    def answer(self, request: Mapping[str, Any]) -> JsonObject:
        """Carries out a request of the browser; returns what is new, and the error as a sentence."""
        with self._locked():
            found, error = None, ""
            self._is_answering = True
            try:
                found = self._look_up(request)
                if found is None:
                    self._carry_out(request)
            except Exception as problem:  # the browser is the only place where a callback's error can be seen
                error = error_sentence(problem)
            finally:
                self._is_answering = False
            return {"answers": request.get("id"), "error": error} | (self._news() if found is None else found)

    def _send_news(self) -> None:
        # A cell may change the lab on another thread. Changes that the browser has asked for are in the answer.
        with self._locked():
            if self._is_open and not self._is_answering:
                self._send({"answers": None, "error": ""} | self._news())

    def _carry_out(self, request: Mapping[str, Any]) -> None:
        lab, action = self._lab, request["do"]
        if lab is None:
            raise LabError("this is a replay: it can be looked at, not changed")
        match action:
            case "step":
                lab.step()
            case "verb":
                lab.step(verb=request.get("verb", True))
            case "crash":
                lab.crash(request["service"])
            case "restart":
                lab.restart(request["service"])
            case "reset":
                lab.reset()
            case _ if not self._change(lab, request):
                raise LabError(f"this widget cannot do {action!r}")

    def _look_up(self, request: Mapping[str, Any]) -> JsonObject | None:
        """Returns the answer to a request that changes nothing, None for others."""
        raise NotImplementedError

    def _change(self, lab: Lab, request: Mapping[str, Any]) -> bool:
        """Carries out a request of this widget alone; returns whether it is one."""
        raise NotImplementedError

    def _news(self) -> JsonObject:
        """Returns what has changed since the last message."""
        raise NotImplementedError

    def _status(self) -> JsonObject | None:
        return msgspec.to_builtins(self._lab.status()) if self._lab else None


def error_sentence(problem: Exception) -> str:
    """Returns the text that the browser shows of an error."""
    return str(problem) if isinstance(problem, LabError) else f"{type(problem).__name__}: {problem}"
