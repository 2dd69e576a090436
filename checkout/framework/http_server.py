"""HTTP server: runs an ASGI application on the loopback interface, in the main thread or in a thread of its own."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from checkout.framework.http_limits import IDLE_SECONDS, LimitedConnection
from checkout.settings import HOST

HEADERS = [("x-content-type-options", "nosniff"), ("cache-control", "no-store")]  # of every response


def listen(port: int, name: str) -> socket.socket:
    """Returns a socket that listens on a port of the loopback interface; port 0 takes a free one.

    When the port is taken, prints a message with `name` and ends the process with status 1.
    """
    try:
        listening = socket.create_server((HOST, port), backlog=2048)
    except OSError as error:
        cause = os.strerror(error.errno or 0)
        sys.exit(f"{name} cannot listen on port {port}: {cause}: stop what uses it, or choose another")
    # Accepted connections inherit it. asyncio sets it only where a socket's protocol is given as IPPROTO_TCP, and that
    # of create_server is 0: a response in two writes would wait 40 ms for the client's delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def serve(app: Any, port: int, name: str, protocol: Any = LimitedConnection) -> None:
    """Serves `app` until SIGTERM or Ctrl-C, gives open requests one second, then exits with status 0.

    `name` is for messages, `protocol` uvicorn's HTTP protocol class.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn stops gracefully, then raises the signal again for the previous handler.
        signal.signal(number, lambda *_: sys.exit(0))
    _new_server(app, protocol).run(sockets=[listen(port, name)])


@contextmanager
def serve_in_thread(
    app: Any, port: int = 0, name: str = "the server", protocol: Any = LimitedConnection
) -> Iterator[str]:
    """Serves `app` in a thread during a `with` block, and returns its URL. Port 0 takes a free port."""
    listening = listen(port, name)
    server = _new_server(app, protocol)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def _new_server(app: Any, protocol: Any) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=protocol,
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        headers=HEADERS,
        proxy_headers=False,  # a client could name another client's address
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
