"""Serving: a web server for the built site, one that takes down requests to elsewhere, and notebooks of the site."""

import functools
import http.server
import threading
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from lab.browser.jupyter import Notebook, wait_until
from playwright.sync_api import Page

COLD_START = 60  # seconds from opening a notebook until its kernel is ready
RUN_EACH = """async () => {
  const { content } = window.jupyterapp.shell.currentWidget
  for (let at = 0; at < content.widgets.length; at++) {
    content.activeCellIndex = at
    content.deselectAll()
    await window.jupyterapp.commands.execute("notebook:run-cell")
  }
}"""
RUN_SOURCE = """async source => {
  const { content } = window.jupyterapp.shell.currentWidget
  content.activeCellIndex = content.widgets.findIndex(each => each.model.type === "code")
  content.activeCell.model.sharedModel.setSource(source)
  await window.jupyterapp.commands.execute("notebook:run-cell")
}"""


class _Files(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript", ".wasm": "application/wasm",
    }  # fmt: skip

    def __init__(self, *details: Any, asked: list[str], **options: Any) -> None:
        self.asked = asked
        super().__init__(*details, **options)

    def do_GET(self) -> None:
        """Answers with a file, and takes down its path."""
        self.asked.append(self.path.partition("?")[0])
        super().do_GET()

    def log_message(self, format: str, *details: Any) -> None:
        """Prints nothing."""


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    def __init__(self, *details: Any, asked: list[str]) -> None:
        self.asked = asked
        super().__init__(*details)

    def _refuse(self) -> None:
        self.asked.append(self.path)
        self.send_error(HTTPStatus.FORBIDDEN)

    do_GET = do_POST = do_HEAD = do_OPTIONS = do_CONNECT = _refuse

    def log_message(self, format: str, *details: Any) -> None:
        """Prints nothing."""


class LocalServer:
    """An HTTP server on a free port of the loopback interface."""

    def __init__(self, handler: Callable[..., Any]) -> None:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve(folder: Path, asked: list[str]) -> LocalServer:
    """Serves a folder, and adds each path that is asked for to a list."""
    return LocalServer(functools.partial(_Files, directory=str(folder), asked=asked))


def take_down_requests(asked: list[str]) -> LocalServer:
    """A proxy that adds each address that it is asked for to a list, and refuses it."""
    return LocalServer(functools.partial(_Elsewhere, asked=asked))


class SiteNotebook(Notebook):
    """A notebook of the site open in a page, its kernel ready."""

    def __init__(self, page: Page, address: str, name: str) -> None:
        self.page, self._path = page, f"notebooks/{name}"
        page.goto(f"{address}/lab/index.html?path={self._path}")
        wait_until(lambda: not self.missing(), f"a kernel in {name}", COLD_START)

    def run_each(self) -> None:
        """Runs all cells one by one, so that an error does not keep those behind it from running."""
        self.page.evaluate(RUN_EACH)

    def run_source(self, source: str) -> None:
        """Writes code into the first code cell and runs it."""
        self.page.evaluate(RUN_SOURCE, source)
