"""Jupyter: a JupyterLab server of its own, as `checkout lab` starts it, and notebooks in it as a learner sees them."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page

from checkout.cli.running.jupyterlab import environment, options
from checkout.system.pid import Pid
from checkout.system.ports import free_port, free_port_base

ROOT = Path(__file__).parents[3]
STARTED_WITHIN, SHOWN_WITHIN = 60, 60  # seconds
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# What is still missing before a notebook can be used; its toolbar says idle too early.
MISSING = """async path => {
  const app = window.jupyterapp
  if (!app) return "the application"
  await app.restored
  const shown = app.shell.currentWidget
  if (!shown || !shown.context || shown.context.path !== path) return "the notebook"
  if (!shown.context.isReady || !shown.sessionContext.isReady) return "its session"
  const kernel = shown.sessionContext.session && shown.sessionContext.session.kernel
  if (!kernel) return "its kernel"
  await kernel.info
  return kernel.status === "idle" ? "" : `an idle kernel, it is ${kernel.status}`
}"""
CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"
# A click on a walk's button; the milliseconds until the hop with this number is drawn.
WALK_IS_READY = ".walk[aria-busy=false]"  # before, its buttons do nothing
STEP = """async number => {
  const walk = document.querySelector(".walk"), started = performance.now()
  const shown = new Promise((done, fail) => {
    new MutationObserver(
      () => walk.dataset.current === String(number) && done()).observe(walk, {attributes: true})
    setTimeout(() => fail(new Error(`no hop ${number} for 60 s: ${walk.innerText}`)), 60_000)
  })
  walk.querySelector("[data-do=step]").click()
  await shown
  await new Promise(requestAnimationFrame)
  return performance.now() - started
}"""
TRUSTED = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells].filter(
  cell => cell.type === "code" && cell.trusted).length"""


def wait_until(condition: Callable[[], object], what: str, seconds: float = SHOWN_WITHIN) -> None:
    """Polls until it holds; fails saying what it waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.03)


class Server:
    """JupyterLab in a folder of its own: with a copy of the notebooks, without user settings."""

    def __init__(self, folder: Path) -> None:
        self.root, self.home = folder / "root", folder / "home"
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("notebooks", "diagrams", "docs"):
            shutil.copytree(ROOT / name, self.root / name) if (ROOT / name).exists() else None
        (self.root / "notebooks").mkdir(exist_ok=True)
        self.token, self.address = secrets.token_hex(8), f"http://127.0.0.1:{free_port()}"
        self.port_base = free_port_base()
        own = {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
        own |= {"IPYTHONDIR": str(folder / "ipython"), "CHECKOUT_PORT_BASE": str(self.port_base)}
        command = [
            sys.executable, "-m", "jupyterlab", *options(self.home, self.root), "--no-browser", "--allow-root",
            f"--ServerApp.port={self.address.rpartition(':')[2]}", "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={self.token}", "--LabApp.expose_app_in_browser=True",
        ]  # fmt: skip
        self.log = folder / "jupyterlab.log"
        with open(self.log, "wb") as log:
            surroundings = environment(self.home, os.environ) | own
            self._process = subprocess.Popen(command, env=surroundings, stdout=log, stderr=log, start_new_session=True)
        wait_until(self._answers, f"JupyterLab, see {self.log}", STARTED_WITHIN)

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        try:
            return self.ask("GET", "status").is_success
        except httpx.TransportError:
            return False

    def ask(self, method: str, path: str) -> httpx.Response:
        """A request to the server's own interface."""
        return httpx.request(method, f"{self.address}/api/{path}", headers={"Authorization": f"token {self.token}"})

    def write(self, name: str, *sources: str) -> str:
        """A notebook with these code cells; its path for the server."""
        cells = [{"cell_type": "code", "id": f"cell-{number}", "metadata": {}, "source": source, "outputs": [],
                  "execution_count": None} for number, source in enumerate(sources, 1)]  # fmt: skip
        book = {"cells": cells, "metadata": {"kernelspec": KERNELSPEC}, "nbformat": 4, "nbformat_minor": 5}
        (self.root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(book))
        return f"notebooks/{name}.ipynb"

    def end_kernels(self) -> None:
        """Ends whatever runs in it."""
        for session in self.ask("GET", "sessions").json():
            self.ask("DELETE", f"sessions/{session['id']}")

    def stop(self) -> None:
        """Ends it and its kernels, by the id of its own process."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            Pid.of(self._process.pid).kill_with_children()
            self._process.wait(5)


class Notebook:
    """A notebook open in a page, its kernel ready."""

    def __init__(self, page: Page, server: Server, path: str) -> None:
        self.page, self._path = page, path
        workspace = Path(path).stem  # two pages with one workspace would reload each other
        page.goto(f"{server.address}/lab/workspaces/{workspace}/tree/{path}?reset&token={server.token}")
        wait_until(lambda: not self.missing(), f"{path}: {self.missing()}")

    def missing(self) -> str:
        """What is not ready yet; empty when all is."""
        return str(self.page.evaluate(MISSING, self._path))

    def start_all(self) -> None:
        """Runs all cells, without waiting for them."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")

    def run_all(self) -> None:
        """Runs all cells, to their end."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def command(self, name: str) -> None:
        """A command of JupyterLab's palette."""
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", name)

    def restart_kernel(self) -> None:
        """Presses the button of the toolbar, confirms, and waits for the new kernel."""
        self.page.locator(".jp-NotebookPanel-toolbar [data-command='notebook:restart-kernel'], "
                          ".jp-NotebookPanel-toolbar [data-jp-item-name='restart']").first.click()  # fmt: skip
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.page.locator(".jp-Dialog").wait_for(state="detached")
        wait_until(lambda: not self.missing(), f"{self._path}: {self.missing()}")

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The cells as they would be saved now."""
        return list(self.page.evaluate(CELLS))

    @property
    def code(self) -> list[dict[str, Any]]:
        """The code cells among them."""
        return [cell for cell in self.cells if cell["cell_type"] == "code"]

    @property
    def trusted(self) -> int:
        """How many of its code cells are trusted."""
        return int(self.page.evaluate(TRUSTED))


def record(path: Path) -> None:
    """Has the recorder run a notebook that needs no Kafka, and save it."""
    command = [sys.executable, str(ROOT / "scripts" / "record_notebooks.py"), str(path)]
    recorded = subprocess.run(command, env=os.environ | {"CHECKOUT_BOOTSTRAP_SERVERS": "none"}, capture_output=True)
    assert recorded.returncode == 0, recorded.stdout.decode() + recorded.stderr.decode()


def errors(cells: Sequence[dict[str, Any]]) -> list[str]:
    """The errors in the outputs of these cells."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [f"{output['ename']}: {output['evalue']}" for output in outputs if output["output_type"] == "error"]
