"""Guarded process: runs a command that ends when the process that asked for it has ended, even if it was killed.

`python -m checkout.system.guarded_process COMMAND...`; the asking process holds the other end of standard input.
"""

import os
import subprocess
import sys
import threading

GRACE = 5.0  # seconds between SIGTERM and SIGKILL


def main() -> int:
    """Returns the command's exit status. At the end of standard input the command gets SIGTERM, then SIGKILL."""
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_stop_at_end_of_input, args=[command], daemon=True).start()
    return command.wait()


def _stop_at_end_of_input(command: "subprocess.Popen[bytes]") -> None:
    while os.read(sys.stdin.fileno(), 1024):  # a thread in a read of `sys.stdin` would abort the end of the interpreter
        pass
    command.terminate()
    try:
        command.wait(GRACE)
    except subprocess.TimeoutExpired:
        command.kill()


if __name__ == "__main__":
    sys.exit(main())
