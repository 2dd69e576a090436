"""Running shop: a store that `checkout up` runs in a terminal, and the processes that belong to it."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
from command_line import COMMAND, checkout, environment

from checkout.messages import PLACE_ORDER
from checkout.system.pid import Pid

ORDER = {"customerName": "Ada", "customerEmail": "ada@example.org", "payment": {"paymentMethod": "CREDIT"},
         "products": [{"sku": 1, "quantity": 1}]}


class RunningShop:
    """One home, in which a store is started and stopped several times."""

    def __init__(self, home: Path, port_base: int, wait_until: Callable[..., None]) -> None:
        self.home, self.port_base, self.wait_until = home, port_base, wait_until
        self.gateway, self.web = (f"http://127.0.0.1:{port_base + above}" for above in (1, 0))
        self._keyboard, self._screen = pty.openpty()
        self._output = home.parent / "screen.txt"
        self.process = self._start()

    def open(self) -> None:
        """Starts the store unless it is running, and waits until it is ready."""
        if self.process.poll() is not None:
            self.process = self._start()
        self.wait_for("The shop is open")

    def _start(self) -> subprocess.Popen[bytes]:
        command = [*COMMAND, "up", "--port-base", str(self.port_base)]
        with open(self._output, "wb") as output:
            return subprocess.Popen(
                command, env=environment(self.home), stdin=self._screen, stdout=output, stderr=output,
                start_new_session=True,
            )

    def wait_for(self, words: str) -> None:
        """Waits until the terminal shows these words."""
        self.wait_until(lambda: words in self.printed or self.process.poll() is not None, f"`up` prints {words!r}", 60)
        assert words in self.printed, self.printed

    @property
    def printed(self) -> str:
        """What the terminal shows."""
        return self._output.read_text()

    def press_enter(self) -> None:
        """Sends a newline to the terminal."""
        os.write(self._keyboard, b"\n")

    def end(self, number: signal.Signals) -> int:
        """Sends a signal to `checkout up` and returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(40)

    def run(self, *arguments: str) -> str:
        """What a command in another terminal prints; it must succeed."""
        ended = checkout(self.home, *arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def json(self, *arguments: str) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(*arguments, "--json"))

    @property
    def store(self) -> dict[str, Any]:
        """The content of `store.json`."""
        content: dict[str, Any] = json.loads((self.home / "store.json").read_text())
        return content

    def pids(self) -> dict[str, int]:
        """The process of each replica."""
        return {process["replica"]: process["pid"]["number"] for process in self.store["processes"]}

    def order(self) -> str:
        """Places an order at the gateway."""
        answer = httpx.post(self.gateway + PLACE_ORDER, json=ORDER, timeout=20)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def status(self, id: str) -> str:
        """The status of an order."""
        return str(httpx.get(f"{self.gateway}{PLACE_ORDER}/{id}").json().get("status"))

    def wait_for_approval(self, id: str) -> None:
        """Waits until an order is approved."""
        self.wait_until(lambda: self.status(id) == "APPROVED", f"order {id} is approved")

    def close(self) -> None:
        """Stops the store and its Kafka."""
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
        checkout(self.home, "kafka", "stop")
        os.close(self._keyboard)
        os.close(self._screen)


def processes_of(home: Path) -> list[str]:
    """The command lines of all processes that belong to the store of a home, Kafka included."""
    return [" ".join(found.info["cmdline"]) for found in psutil.process_iter(["cmdline"]) if _is_of(home, found)]


def _is_of(home: Path, process: psutil.Process) -> bool:
    try:
        belongs = process.environ().get("CHECKOUT_HOME") == str(home) or str(home) in " ".join(process.cmdline())
        return belongs and Pid.of(process.pid).is_alive()
    except (psutil.Error, ProcessLookupError):
        return False
