"""Client log: one JSON line for each request that a client has made, with what it knows of the outcome."""

import os
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec


class RequestOutcome(StrEnum):
    """What the client knows of a request.

    ok: the response is 2xx; fail: a 4xx response says that nothing was done; info: no response or a 5xx response, so
    that the request may or may not have been carried out.
    """

    OK = "ok"
    FAIL = "fail"
    INFO = "info"


class ClientRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One request of a client. `key` is its Idempotency-Key, `order` the id in its path or in the response."""

    started: datetime
    ended: datetime
    method: str
    path: str
    key: str | None = None
    body: Any = None
    outcome: RequestOutcome
    status: int | None = None
    order: str | None = None
    response: Any = None


class ClientLog:
    """Appends requests to a file, each before the next one of the same client is started."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, request: ClientRequest) -> None:
        """Appends one line."""
        os.write(self._file, msgspec.json.encode(request) + b"\n")

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)


def read_client_log(path: Path) -> list[ClientRequest]:
    """The requests of a client log in the order in which they were started; a last line that was cut is dropped."""
    decode = msgspec.json.Decoder(ClientRequest).decode
    lines = path.read_bytes().split(b"\n")[:-1]
    return sorted(map(decode, lines), key=lambda request: request.started)
