"""Downloads: what the site is built with and what it consists of, each pinned by its hash and kept in a cache."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
PYODIDE = "314.0.7"
PYODIDE_SHA256 = "66b7949e5a0cba2250b586d7e368bf12fb482800748d182c4618254b685ffaa0"
PYODIDE_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
TARGET = "--only-binary=:all: --python-version 3.14 --implementation cp --abi cp314 --abi none " \
         "--platform pyemscripten_2026_0_wasm32 --platform any"  # fmt: skip


class NotBuilt(Exception):
    """The site cannot be built; the message names what failed and the remedy."""


def run(*command: str | Path, folder: Path | None = None) -> str:
    """Runs a program to its end, in a folder, and returns what it printed. Raises NotBuilt with its last lines."""
    words = [str(word) for word in command]
    ran = subprocess.run(
        words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if ran.returncode:
        last = "\n".join(ran.stdout.splitlines()[-15:])
        raise NotBuilt(f"{' '.join(words[:6])} ... failed with exit code {ran.returncode}:\n{last}")
    return ran.stdout


class Downloads:
    """The downloads in a cache folder; a part is fetched anew when its pins have changed."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        cache.mkdir(parents=True, exist_ok=True)

    def environment(self) -> Path:
        """The `bin` folder of an environment with JupyterLite and, of the site's wheels, those with browser parts."""
        def fill(folder: Path) -> None:
            venv.create(folder, with_pip=True)
            _install(folder, "-r", HERE / "builder.lock", "--require-hashes")
            browser_parts = [next(self.wheels().glob(f"{name}-*.whl")) for name in ("jupyterlab_widgets", "anywidget")]
            _install(folder, "--no-index", *browser_parts)

        pins = (HERE / "builder.lock").read_bytes() + (HERE / "wheels.lock").read_bytes() + sys.version.encode()
        return self._part("environment", pins, fill) / "bin"

    def wheels(self) -> Path:
        """The folder of the wheels that Pyodide loads."""
        def fill(folder: Path) -> None:
            run(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *TARGET.split(),
                "--no-deps", "--require-hashes", "-r", HERE / "wheels.lock", "-d", folder)  # fmt: skip

        return self._part("wheels", (HERE / "wheels.lock").read_bytes(), fill)

    def pyodide(self) -> Path:
        """The folder of Pyodide's own files."""
        def fill(folder: Path) -> None:
            run(self._npm(), "pack", f"pyodide@{PYODIDE}", "--ignore-scripts", "--pack-destination", folder)
            archive = folder / f"pyodide-{PYODIDE}.tgz"
            found = hashlib.sha256(archive.read_bytes()).hexdigest()
            if found != PYODIDE_SHA256:
                raise NotBuilt(f"{archive.name} has the hash {found}, not the pinned one: do not use it")
            with tarfile.open(archive) as packed:
                for name in PYODIDE_FILES:
                    (folder / name).write_bytes(packed.extractfile(f"package/{name}").read())  # type: ignore[union-attr]
            archive.unlink()

        return self._part("pyodide", PYODIDE_SHA256.encode(), fill)

    def _npm(self) -> Path:
        if found := shutil.which("npm"):
            return Path(found)

        def fill(folder: Path) -> None:
            venv.create(folder, with_pip=True)
            _install(folder, "-r", HERE / "node.lock", "--require-hashes")

        return self._part("node", (HERE / "node.lock").read_bytes(), fill) / "bin" / "npm"

    def _part(self, name: str, pins: bytes, fill: Callable[[Path], None]) -> Path:
        # An environment holds its own path, so each set of pins has a folder of its own; the stamp says it is complete.
        folder = self.cache / f"{name}-{hashlib.sha256(pins).hexdigest()[:12]}"
        stamp = folder / "complete"
        if not stamp.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            print(f"site: fetching {name}", file=sys.stderr, flush=True)
            fill(folder)
            stamp.touch()
        return folder


def _install(environment: Path, *arguments: str | Path) -> None:
    run(environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", *arguments)


def cache_folder() -> Path:
    """Where downloads are kept: below CHECKOUT_HOME, as everything that this project downloads."""
    return Path(os.environ.get("CHECKOUT_HOME") or ".checkout").absolute() / "site"
