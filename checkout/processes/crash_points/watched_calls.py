"""Watched calls: the crash points of the calls to external systems, over HTTP and SMTP."""

import smtplib
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import httpx

from checkout.processes.crash_points.crash_point import CrashPoint
from checkout.worker.calls.adapters import HttpAdapter, SmtpAdapter
from checkout.worker.calls.external_calls import Adapter, CallResult
from checkout.worker.outbox import OutboxRow

CALLS = {"ChargeCard": "-charge", "RefundCard": "-refund"}  # what the points of Payments end with, by message


def watch_calls(point: CrashPoint, message: str, adapter: Adapter, on_answer: Callable[[], object]) -> Adapter:
    """An adapter with the points of a call; `on_answer` is called after each.

    P1 and W3: the call is stored, and not made. P2, S2 and W4: the request is carried out, its reply is on the way. S1:
    all but the end of the e-mail is sent. P3 and S3: the reply is read, and not stored.
    """
    end, is_own = CALLS.get(message, ""), threading.local()
    system = getattr(adapter, "__self__", None)
    if isinstance(system, HttpAdapter):
        reach = partial(point.reach, f"P2{end}" if end else "W4")
        system.on_request(partial(_reach_when_done, reach, is_own))
    elif isinstance(system, SmtpAdapter):
        system.connect = partial(WatchedSmtp, point)

    def call(row: OutboxRow) -> CallResult:
        is_own.value = True
        try:
            point.reach(f"P1{end}" if end else "W3")
            result = adapter(row)
            point.reach(f"P3{end}" if end else "S3")
            on_answer()
            return result
        finally:
            is_own.value = False

    return call


def _reach_when_done(reach: Callable[[], object], is_own: Any, request: httpx.Request) -> None:
    # Not when it is sent: a server that finds the connection closed by then may not carry it out.
    def trace(event: str, _: Mapping[str, object]) -> None:
        if event == "http11.receive_response_headers.complete":
            reach()

    if getattr(is_own, "value", False):
        request.extensions["trace"] = trace


class WatchedSmtp(smtplib.SMTP):
    """A connection with the points of an e-mail: S1, before its end is sent; S2 and W4, before the answer to it."""

    def __init__(self, point: CrashPoint, *arguments: Any, **named: Any) -> None:
        self._point = point
        super().__init__(*arguments, **named)

    def send(self, s: Any) -> None:
        """Sends a command, or an e-mail with its end."""
        is_mail = isinstance(s, bytes) and s.endswith(b"\r\n.\r\n")
        if is_mail:
            self._point.reach("S1", lambda: smtplib.SMTP.send(self, s[:-3]))
        super().send(s)
        if is_mail:
            self._point.reach("S2")
            self._point.reach("W4")
