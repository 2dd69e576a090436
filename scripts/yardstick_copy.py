"""Yardstick copy: three replicas copy messages, 100,000 by default, while each is killed and stopped three times."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ["PYTHONPATH"] = os.pathsep.join([*sys.path[:2], os.environ.get("PYTHONPATH", "")])  # of the services

from yardsticks.copying import KEYS, MESSAGES, expected, run_copying, settings_of  # noqa: E402

from checkout.local_kafka import cluster  # noqa: E402
from checkout.processes.postgres import local_postgres  # noqa: E402
from checkout.system.ports import free_port_base  # noqa: E402


def main(messages: int) -> int:
    """Copies and prints the figures; returns 1 if they differ from what they must be."""
    base, started = free_port_base(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, local_postgres(Path(folder)) as url:
        servers = cluster.acquire(Path(folder) / "kafka", base)
        try:
            found = run_copying(settings_of(Path(folder) / "home", servers, base, url), messages, print)
        finally:
            cluster.release(Path(folder) / "kafka")
    wanted, figures = expected(messages), found.figures()
    for name, figure in figures.items():
        print(f"  {name:26}{figure!s:>10}{'' if figure == wanted[name] else f'  must be {wanted[name]}'}")
    print(f"{time.monotonic() - started:.0f} s, {found.repeated_records:,} records were on the topic once more")
    return int(figures != wanted)


def read_messages() -> int:
    """The number of messages that the command line asks for."""
    parser = argparse.ArgumentParser(prog="scripts/yardstick-copy", description=__doc__)
    wanted = f"a multiple of {KEYS:,}; default: {MESSAGES:,}"
    parser.add_argument("messages", nargs="?", type=int, default=MESSAGES, help=wanted)
    messages: int = parser.parse_args().messages
    if messages < KEYS or messages % KEYS:
        parser.error(f"{messages} messages: take {wanted}")
    return messages


if __name__ == "__main__":
    sys.exit(main(read_messages()))
