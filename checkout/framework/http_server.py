"""Serving: runs an ASGI application on the loopback, as this process's work or in a thread beside it."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from checkout.settings import HOST


def listen(port: int, name: str) -> socket.socket:
    """A listening loopback socket; port 0 takes a free one. Ends the process with one line when it is taken."""
    try:
        listening = socket.create_server((HOST, port), backlog=2048)
    except OSError as error:
        cause = os.strerror(error.errno or 0)
        sys.exit(f"{name} cannot listen on port {port}: {cause}: stop what uses it, or choose another")
    # asyncio forgets it on sockets made this way, and every answer would take 44 ms instead of 1.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def run(app: Any, port: int, name: str, http: Any = "httptools") -> None:
    """Serves in this process until SIGTERM or Ctrl-C; open requests get one second, then the process exits with 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn stops gracefully, then raises the signal again for whoever handled it before.
        signal.signal(number, lambda *_: sys.exit(0))
    server(app, http).run(sockets=[listen(port, name)])


@contextmanager
def running(app: Any, port: int = 0, name: str = "the server", http: Any = "httptools") -> Iterator[str]:
    """Serves in a thread of this process; gives the address."""
    listening = listen(port, name)
    beside = server(app, http)
    thread = threading.Thread(target=beside.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{listening.getsockname()[1]}"
    finally:
        beside.should_exit = True
        thread.join()


def server(app: Any, http: Any = "httptools") -> uvicorn.Server:
    """A quiet server; `http` is its protocol class."""
    config = uvicorn.Config(
        app,
        http=http,
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
