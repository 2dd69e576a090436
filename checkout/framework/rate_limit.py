"""Rate limit: refuses requests of a client address that come faster than a number per second, before any work."""

import hashlib
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec

AsgiApplication = Callable[[Any, Any, Any], Any]
BURST_SECONDS = 5.0  # a client that was quiet may send the requests of so many seconds at once
ROUNDING = 1e-6  # seconds that sums of intervals and times may be off
MOST_CLIENTS = 10_000  # addresses that are remembered; the oldest is forgotten first
UNLIMITED_PATH = "/health-check"
FRONT_HEADER = "x-front-key"


def front_key(operator_token: str) -> str:
    """The key with which the web app shows the gateway that it has limited its own clients; empty without a token."""
    return hmac.new(operator_token.encode(), b"web", hashlib.sha256).hexdigest() if operator_token else ""


class RateLimit:
    """Counts the requests of each client address (generic cell rate algorithm: one number per client).

    `rate`: requests per second; 0 or less: no limit. `exempt_key`: value of the header `x-front-key` of requests that
    are not counted. `clock`: seconds.
    """

    def __init__(self, rate: float, exempt_key: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1 / rate if rate > 0 else 0.0
        self._burst = max(BURST_SECONDS, self._interval)
        self._exempt_key, self._clock = exempt_key.encode(), clock
        self._due: OrderedDict[str, float] = OrderedDict()  # when the requests so far are paid off, by address

    def wait(self, client: str) -> float:
        """Counts a request of a client; returns the seconds until it may be sent, 0 if it may be sent now."""
        now = self._clock()
        due = max(self._due.get(client, now), now) + self._interval
        if due - now > self._burst + ROUNDING:
            return due - now - self._burst
        self._due[client] = due
        self._due.move_to_end(client)
        if len(self._due) > MOST_CLIENTS:
            self._due.popitem(last=False)
        return 0.0

    def application(self, app: AsgiApplication) -> AsgiApplication:
        """An ASGI application that answers 429 with Retry-After above the limit, and passes all else to `app`."""
        if not self._interval:
            return app

        async def limited(scope: Any, receive: Any, send: Any) -> None:
            seconds = self.wait(scope["client"][0]) if scope["type"] == "http" and not self._is_exempt(scope) else 0.0
            await (_too_many(seconds, send) if seconds else app(scope, receive, send))

        return limited

    def _is_exempt(self, scope: Any) -> bool:
        if scope["path"] == UNLIMITED_PATH:
            return True
        sent = dict(scope["headers"]).get(FRONT_HEADER.encode(), b"")
        return bool(self._exempt_key) and hmac.compare_digest(sent, self._exempt_key)


async def _too_many(seconds: float, send: Any) -> None:
    later = math.ceil(seconds)
    body = msgspec.json.encode({"message": f"too many requests from your address: try again in {later} s"})
    headers = {"content-type": "application/json", "content-length": str(len(body)), "retry-after": str(later)}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 429, "headers": raw})
    await send({"type": "http.response.body", "body": body})
