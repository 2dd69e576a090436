"""TCP proxy: forwards connections to a port of this machine, or refuses, holds or delays them."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from functools import partial

from checkout.settings import HOST

CHUNK = 64 * 1024  # bytes
BACKLOG = 128
PAUSE = 0.05  # seconds after a connection could not be accepted


class TcpProxy:
    """A proxy in threads of its own, which listens from its creation to `close`.

    `hold` keeps bytes back without closing a connection, as a network that loses packets does: they arrive after
    `release`, late. `delay` is the seconds by which each chunk is late.
    """

    def __init__(self, target: int, port: int = 0) -> None:
        """Forwards from `port`, a free one by default, to `target`."""
        self._target, self._connections = target, set[socket.socket]()
        self.delay = 0.0
        self._requests, self._responses = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self.port = port
        self.release()
        self.listen()

    def listen(self) -> None:
        """Accepts connections, again after `refuse`."""
        self._listener = socket.create_server((HOST, self.port), backlog=BACKLOG)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=[self._listener], name="proxy", daemon=True).start()

    def refuse(self) -> None:
        """Closes all connections and accepts none."""
        listener, self._listener = self._listener, None
        if listener:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in `accept`
            listener.close()
        self.close_connections()

    def hold(self, requests: bool = True, responses: bool = True) -> None:
        """Keeps requests to the target, or its responses, or both, until `release`."""
        for flag, is_held in ((self._requests, requests), (self._responses, responses)):
            if is_held:
                flag.clear()

    def release(self) -> None:
        """Forwards what was kept, and all that comes."""
        self._requests.set()
        self._responses.set()

    def close_connections(self) -> None:
        """Closes every connection; clients may connect again."""
        with self._lock:
            connections, self._connections = self._connections, set()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def close(self) -> None:
        """Stops listening and closes every connection."""
        self.refuse()
        self.release()

    def _accept(self, listener: socket.socket) -> None:
        while self._listener is listener:
            try:
                client, _ = listener.accept()
            except OSError:
                time.sleep(PAUSE)  # as long as there is no file left for a connection
                continue
            try:
                server = socket.create_connection((HOST, self._target))
            except OSError:
                client.close()  # the target is away
                continue
            self._connect(listener, client, server)

    def _connect(self, listener: socket.socket, client: socket.socket, server: socket.socket) -> None:
        with self._lock:
            is_open = self._listener is listener
            self._connections |= {client, server} if is_open else set()
        if not is_open:  # `refuse` has been called meanwhile, and has not seen this connection
            client.close()
            server.close()
            return
        for forward in (partial(self._forward, client, server, self._requests.wait),
                        partial(self._forward, server, client, self._responses.wait)):
            threading.Thread(target=forward, name="proxy", daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, wait: Callable[[], object]) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                time.sleep(self.delay)
                wait()
                sink.sendall(chunk)
        for connection in (source, sink):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        with self._lock:
            self._connections -= {source, sink}
