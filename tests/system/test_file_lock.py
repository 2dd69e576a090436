"""File lock: one process at a time, and none after it has died."""

import subprocess
import sys
from pathlib import Path

from checkout.system.file_lock import locked

HOLD = """
import sys
from pathlib import Path
from checkout.system.file_lock import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_waits_until_the_first_one_has_died(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    waits: list[int] = []
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == "locked\n"

        def count_and_kill() -> None:
            waits.append(len(waits))
            if len(waits) == 2:
                holder.kill()

        with locked(file, while_waiting=count_and_kill):
            holder.wait(10)

    assert len(waits) >= 2


def test_a_free_lock_is_taken_without_waiting(tmp_path: Path) -> None:
    waits: list[str] = []

    for _ in range(2):
        with locked(tmp_path / "lock", while_waiting=lambda: waits.append("waited")):
            pass

    assert waits == []
