"""Bench imports: CPU seconds and modules of the lab's and the commands' start, of one or more working trees in turn."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROUNDS = 15
COUNT = "\nimport sys; print(len(sys.modules))"
ORDER = "from checkout.lab import Lab\nlab = Lab('memory')\nlab.place_order('wooden spoon')\nlab.run()\n"
PROGRAMS = {
    "python": ["-c", COUNT],
    "import checkout.lab": ["-c", "import checkout.lab" + COUNT],
    "an order in memory": ["-c", ORDER + COUNT],
    "its tables": ["-c", ORDER + "lab.orders, lab.messages, lab.groups" + COUNT],
    "its walk": ["-c", ORDER + "lab.walk()" + COUNT],
    "checkout --help": ["-m", "checkout", "--help"],
    "checkout journey --help": ["-m", "checkout", "journey", "--help"],
}


def start(tree: Path, arguments: list[str]) -> tuple[float, str]:
    """Runs Python with a tree's packages; returns its CPU seconds and the last word it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        surroundings = os.environ | {"PYTHONPATH": str(tree), "CHECKOUT_HOME": folder}
        ran = subprocess.run(
            [sys.executable, *arguments], env=surroundings, cwd=folder, check=True, capture_output=True, text=True
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ran.stdout.split()[-1]


def main() -> None:
    """Prints the median of some starts of each program, the trees in turn."""
    trees = [Path(argument).absolute() for argument in sys.argv[1:]] or [ROOT]
    for name, arguments in PROGRAMS.items():
        taken: dict[Path, list[float]] = {tree: [] for tree in trees}
        printed: dict[Path, str] = {}
        for _ in range(ROUNDS):
            for tree in trees:
                seconds, printed[tree] = start(tree, arguments)
                taken[tree].append(seconds)
        for tree in trees:
            modules = f", {printed[tree]} modules" if printed[tree].isdecimal() else ""
            print(f"{name:24} {statistics.median(taken[tree]):.2f} CPU-s{modules}  {tree}", flush=True)


if __name__ == "__main__":
    main()
