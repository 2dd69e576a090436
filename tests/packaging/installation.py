"""Installation: a virtual environment in which the toolkit is installed, and commands that must succeed."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OURS = ("CHECKOUT_", "PYTHON", "PYTEST_", "GITHUB_", "RUNNER_", "VIRTUAL_ENV", "COLUMNS")
Completed = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Installation:
    """A virtual environment, and the names of the packages in it."""

    folder: Path
    packages: frozenset[str]

    def run(self, command: str, *arguments: object, cwd: Path, **variables: str) -> Completed:
        """Runs a command in a folder, first looked for in the environment."""
        others = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        env = others | {"PATH": path, "NO_COLOR": "1", "COLUMNS": "200"} | variables
        call = [shutil.which(command, path=path) or command, *map(str, arguments)]
        return subprocess.run(call, cwd=cwd, env=env, capture_output=True, text=True, timeout=240, check=False)


def run(*command: object, cwd: Path | None = None) -> str:
    """Runs a command that must succeed, and returns what it prints."""
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def commit(folder: Path) -> str:
    """Makes the files in a folder a git repository with one commit, and returns its id."""
    run("git", "init", "--quiet", folder)
    run("git", "add", "--all", "--force", cwd=folder)
    author = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    run("git", *author, "commit", "--quiet", "--message=all", cwd=folder)
    return run("git", "rev-parse", "HEAD", cwd=folder).strip()


def pip(folder: Path, *arguments: object) -> None:
    """Installs into a virtual environment, which needs no pip of its own; modules are compiled when they are used."""
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile", *arguments)
