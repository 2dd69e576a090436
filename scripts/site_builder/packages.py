"""Packages: what Pyodide loads when a kernel starts: downloaded wheels, JupyterLite's own, and this repository."""

import base64
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOT_PACKED = {"__pycache__", "fonts"}  # PlantUML draws with the fonts, elsewhere
KERNEL_WHEELS = ("ipykernel", "piplite", "pyodide_kernel", "widgetsnbextension-4")
FILES = ("diagrams/*.svg", "diagrams/*.puml", "notebooks/runs/*", "docs/performance.md")
CONFIG = "notebooks/.ipython/profile_default/ipython_config.py"
STAMP = (2026, 1, 1, 0, 0, 0)  # of all files in our wheels, so that the same sources make the same bytes


def own_files(recorded: dict[str, Any]) -> dict[str, bytes]:
    """This repository as the kernel has it: the package, and beside it what notebooks and pictures read.

    `recorded`: outputs of the cells that do not run, for the extension that shows them.
    """
    sources = [path for path in sorted((ROOT / "checkout").rglob("*")) if not NOT_PACKED & set(path.parts)]
    sources += [path for pattern in FILES for path in sorted(ROOT.glob(pattern))]
    files = {str(path.relative_to(ROOT)): path.read_bytes() for path in sources if path.is_file()}
    extension = Path(__file__).with_name("recorded_cells.py")
    return files | {
        extension.name: extension.read_bytes(),
        "recorded_cells.data": json.dumps(recorded).encode(),
        CONFIG: f'get_config().InteractiveShellApp.extensions = ["{extension.stem}"]\n'.encode(),
    }


def wheel(folder: Path, name: str, version: str, files: dict[str, bytes]) -> None:
    """Writes a wheel of pure Python."""
    about = f"{name}-{version}.dist-info"
    files = files | {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: scripts/site\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(content)},{len(content)}\n" for path, content in files.items())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in (files | {f"{about}/RECORD": f"{record}{about}/RECORD,,\n".encode()}).items():
            archive.writestr(zipfile.ZipInfo(path, STAMP), content, zipfile.ZIP_DEFLATED)
    (folder / f"{name}-{version}-py3-none-any.whl").write_bytes(packed.getvalue())


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def fill(folder: Path, pyodide: Path, wheels: Path, kernel: Path, recorded: dict[str, Any]) -> list[str]:
    """Puts Pyodide and all packages into a folder, with a lock file that names them. Returns their names."""
    folder.mkdir(parents=True)
    kernel_wheels = [path for name in KERNEL_WHEELS for path in sorted(kernel.glob(f"{name}*.whl"))]
    for path in (*pyodide.glob("py*"), *wheels.glob("*.whl"), *kernel_wheels):
        shutil.copy(path, folder)
    # The kernel asks for jedi, 5 MB to complete names in code; completing those of living objects needs none.
    wheel(folder, "jedi", "0", {})
    wheel(folder, "checkout", "0", own_files(recorded))
    lock = json.loads((folder / "pyodide-lock.json").read_text())
    lock["packages"] = dict(_entries(folder))
    (folder / "pyodide-lock.json").write_text(json.dumps(lock, indent=1))
    return sorted(lock["packages"])


def _entries(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.glob("*.whl")):
        name, version = path.name.split("-")[:2]
        name = name.replace("_", "-").lower()
        yield name, {
            "name": name, "version": version, "file_name": path.name, "install_dir": "site", "imports": [],
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "package_type": "package", "depends": [],
            "unvendored_tests": False,
        }  # fmt: skip
