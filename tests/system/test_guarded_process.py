"""Guarded process: the command ends when standard input does, and its status is passed on."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import wait_until

from checkout.system.pid import Pid

GUARD = [sys.executable, "-m", "checkout.system.guarded_process"]
WRITE_PID = "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); "


def start(tmp_path: Path, program: str) -> tuple["subprocess.Popen[bytes]", Pid]:
    """Starts a guarded program, and returns the guard and the program."""
    file = tmp_path / "pid"
    guard = subprocess.Popen([*GUARD, sys.executable, "-c", WRITE_PID + program, str(file)], stdin=subprocess.PIPE)
    wait_until(lambda: file.exists() and file.read_text(), "the program has started")
    return guard, Pid.of(int(file.read_text()))


def test_the_end_of_standard_input_ends_the_command(tmp_path: Path) -> None:
    guard, command = start(tmp_path, "import time; time.sleep(60)")

    guard.communicate(timeout=20)

    assert not command.is_alive()
    assert guard.returncode == 256 - signal.SIGTERM


@pytest.mark.slow
def test_a_command_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    guard, command = start(tmp_path, "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)")

    guard.communicate(timeout=30)

    assert not command.is_alive()


def test_the_status_of_the_command_is_passed_on() -> None:
    guard = subprocess.Popen([*GUARD, sys.executable, "-c", "raise SystemExit(7)"], stdin=subprocess.PIPE)

    assert guard.wait(20) == 7
    guard.communicate()
