"""Check traces: how many generated traces of each view are accepted, rejected, and classified right."""

import sys
from collections import Counter
from itertools import count, cycle
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from c4.traces.mapping.generated_verdicts import judge_broken, judge_valid  # noqa: E402
from c4.traces.mapping.plans import FAULTS  # noqa: E402

from checkout.c4.render.renderer import open_renderer  # noqa: E402
from checkout.c4.source.arrows import Drawing  # noqa: E402
from checkout.c4.source.diagrams import find_diagram  # noqa: E402


def main() -> int:
    """Prints the counts of each view; 1 if a valid trace is rejected or a fault is not classified right."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    sources = [find_diagram(str(file)) for file in sorted((ROOT / "diagrams").glob("ordering*.puml"))]
    wrong = 0
    with open_renderer([source.file for source in sources]) as renderer:
        for source in sources:
            wrong += check(renderer.render(source).checked().drawing, number)
    return int(wrong > 0)


def check(drawing: Drawing, number: int) -> int:
    """Prints the counts of one view, and the first traces that were judged wrongly; returns how many were."""
    valid = [judge_valid(drawing, Random(seed)) for seed in range(number)]
    rejected = [str(result) for result in valid if not result.conforms]
    right, wrong = Counter[str](), list[str]()
    possible = [fault for fault in FAULTS if judge_broken(drawing, fault, Random(0))]
    faults, seeds = cycle(possible), count()
    while right.total() + len(wrong) < 4 * number:
        fault, seed = next(faults), next(seeds)
        found = judge_broken(drawing, fault, Random(seed))
        if found and found.is_found:
            right[fault] += 1
        elif found:
            wrong.append(f"{fault}, seed {seed}: {found}")
    print(f"{drawing.name}: {number - len(rejected):,} of {number:,} valid traces accepted")
    print(f"  {right.total():,} of {4 * number:,} faults classified right: ", end="")
    print(", ".join(f"{fault} {right[fault]:,}" for fault in possible), flush=True)
    print(*rejected[:3], *wrong[:3], sep="\n", end="\n" if rejected or wrong else "")
    return len(rejected) + len(wrong)


if __name__ == "__main__":
    sys.exit(main())
