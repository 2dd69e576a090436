"""Messages: the part of a widget's messages that the walk and the board share: requests, answers and news."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any

import msgspec

from checkout.errors import CheckoutError
from checkout.lab.errors import LabError
from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.widget.history_pages import JsonObject

FAILURES = (Exception, KeyboardInterrupt)  # a cell's "interrupt" can meet a request, too
WIDGETS = threading.RLock()  # of all widgets of the process, because a change of one lab is sent by many of them


@contextmanager
def locked(runs: Callable[[], Iterable[Lab | Replay]]) -> Iterator[None]:
    """Holds the lock of all widgets, and then those of the labs among these runs.

    Every thread takes them in this order: a lab calls its callbacks after it has released its own lock. With a lock
    for each widget, two of them that show the same lab could wait for each other.
    """
    with WIDGETS, ExitStack() as held:
        for run in runs():
            if isinstance(run, Lab):
                held.enter_context(run.lock)
        yield


class WidgetMessages(ABC):
    """The messages about one run: a lab, which the browser can change, or a replay. Subclasses say what is in them.

    `send` receives news after a cell has changed the lab. `locked` is entered for each message.
    """

    def __init__(
        self, run: Lab | Replay, send: Callable[[JsonObject], object],
        locked: Callable[[], AbstractContextManager[object]],
    ) -> None:  # fmt: skip
        self.run, self._lab, self._send, self.locked = run, run if isinstance(run, Lab) else None, send, locked
        self._is_open, self._is_answering = False, False
        self._unregister = self._lab.on_change(self._send_news) if self._lab else lambda: None

    def close(self) -> None:
        """Sends no more news, and the lab calls no more: the widget is closed, or the browser shows another run."""
        self._is_open = False
        self._unregister()

    def answer(self, request: Mapping[str, Any]) -> JsonObject:
        """Carries out a request of the browser; returns what is new, and the error as a sentence."""
        with self.locked():
            return answer_to(request, lambda: self._answer(request))

    def _answer(self, request: Mapping[str, Any]) -> JsonObject:
        self._is_answering = True
        try:
            found = self._look_up(request)
            if found is not None:
                return found
            self._carry_out(request)
            return self._news()
        except FAILURES as problem:
            with suppress(Exception):  # the first error is the one to report
                return self._news() | {"error": error_sentence(problem)}
            raise
        finally:
            self._is_answering = False

    def _send_news(self) -> None:
        # A cell may change the lab on another thread. Changes that the browser has asked for are in the answer.
        with self.locked(), suppress(LabError):  # what cannot be read now is in the next message
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

    @abstractmethod
    def _look_up(self, request: Mapping[str, Any]) -> JsonObject | None:
        """Returns the answer to a request that changes nothing, None for others."""

    @abstractmethod
    def _change(self, lab: Lab, request: Mapping[str, Any]) -> bool:
        """Carries out a request of this widget alone; returns whether it is one."""

    @abstractmethod
    def _news(self) -> JsonObject:
        """Returns what has changed since the last message."""

    def _status(self) -> JsonObject | None:
        return msgspec.to_builtins(self._lab.status()) if self._lab else None


def answer_to(request: Mapping[str, Any], carry_out: Callable[[], JsonObject]) -> JsonObject:
    """Returns the answer to a request: what `carry_out` returns, or why it cannot, as a sentence in `error`.

    The browser waits for an answer to each request, and Jupyter does not show the errors of a callback.
    """
    answer = {"answers": request.get("id"), "error": ""}
    try:
        return answer | carry_out()
    except FAILURES as problem:
        return answer | {"error": error_sentence(problem)}


def error_sentence(problem: BaseException) -> str:
    """Returns the text that the browser shows of an error."""
    if isinstance(problem, KeyboardInterrupt):
        return "the kernel was interrupted: try again"
    return str(problem) if isinstance(problem, CheckoutError) else f"this failed: {type(problem).__name__}: {problem}"
