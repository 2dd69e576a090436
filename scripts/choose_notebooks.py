"""Choose notebooks: prints the notebooks to run, one a line, and on standard error why these: [--changed REV].

With `--changed` only those that have changed since a commit, or all when something has changed that they may run. With
CHECKOUT_LOG=memory none that has a cell with the tag `needs-kafka`.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from checkout.settings import MEMORY, WrongSetting, read_settings

ROOT = Path(__file__).parents[1]
NEEDS_KAFKA = "needs-kafka"  # the tag of a cell that shows clients, brokers, tools or processes of a real Kafka
RUNNERS = ("scripts/notebooks", "scripts/choose_notebooks.py", "scripts/record-notebooks",
           "scripts/record_notebooks.py", "scripts/compared_outputs.cfg", "scripts/compared_outputs.py")  # fmt: skip
WITHOUT_EFFECT = ("docs/", "tests/", "scripts/", "README.md", "CHANGELOG.md")  # no cell runs or reads these


class WrongUsage(Exception):
    """Arguments or a commit that cannot be used; the message is for standard error."""


def needs_kafka(path: Path) -> bool:
    """Whether a notebook has a cell that runs on a real Kafka only."""
    cells = json.loads(path.read_text())["cells"]
    return any(NEEDS_KAFKA in cell["metadata"].get("tags", []) for cell in cells)


def changed_files(root: Path, revision: str) -> list[str]:
    """The files that differ from a commit, uncommitted and new ones included. Raises WrongUsage."""
    known = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if known.returncode:
        raise WrongUsage(f"--changed {revision}: there is no such commit here; `git fetch` may bring it")
    differing = _git(root, "diff", "--name-only", "--no-renames", "-z", known.stdout.strip(), "--")
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({name for name in (differing.stdout + new.stdout).split("\0") if name})


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)


def affected(notebooks: Sequence[Path], changed: Sequence[str]) -> tuple[list[Path], str]:
    """The notebooks whose outputs these changed files may change, and why: what is not known to be harmless is run."""
    own = {f"notebooks/{path.name}": path for path in notebooks}
    others = [name for name in changed if Path(name).parent != Path("notebooks") or not name.endswith(".ipynb")]
    shared = [name for name in others if name in RUNNERS or not name.startswith(WITHOUT_EFFECT)]
    if shared:
        more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
        return list(notebooks), f"all notebooks may use {shared[0]}{more}"
    return [path for name, path in own.items() if name in changed], "only these have changed"


def choose(root: Path, arguments: Sequence[str], log: str) -> tuple[list[Path], list[str]]:
    """The notebooks to run, and the reasons. Raises WrongUsage."""
    chosen, reasons = sorted((root / "notebooks").glob("*.ipynb")), list[str]()
    if arguments:
        if len(arguments) != 2 or arguments[0] != "--changed":
            raise WrongUsage(f"{' '.join(arguments)!r} is not understood; usage: [--changed REV]")
        chosen, reason = affected(chosen, changed_files(root, arguments[1]))
        reasons.append(f"since {arguments[1]}: {len(chosen)} notebooks, because {reason}")
    if log == MEMORY and (skipped := [path for path in chosen if needs_kafka(path)]):
        chosen = [path for path in chosen if path not in skipped]
        reasons.append(f"skipped in memory, as they need Kafka: {', '.join(path.name for path in skipped)}")
    reasons.append(f"{len(chosen)} notebooks to run")
    return chosen, reasons


def main(arguments: Sequence[str]) -> int:
    """Returns 0, or 2 for wrong arguments, an unknown commit or a wrong setting."""
    try:
        chosen, reasons = choose(ROOT, arguments, read_settings().log)
    except (WrongUsage, WrongSetting) as error:
        print(error, file=sys.stderr)
        return 2
    print(*reasons, sep="\n", file=sys.stderr)
    print(*(path.relative_to(ROOT) for path in chosen), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
