"""Lab: JupyterLab with the notebooks: started so that nothing of the learner's own set-up is touched."""

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from checkout.errors import CheckoutError
from checkout.settings import HOST, WrongSetting, read_settings

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "checkout" / "lab" / "config"
START = "notebooks/00-start-here.ipynb"
WORKSPACE = "checkout"
CONTAINERS = ("/.dockerenv", "/run/.containerenv")


class NoJupyterLab(CheckoutError):
    """There is nothing to start, or nothing to show; the message says which and the remedy."""

    exit_code = 3


def run(port: int | None, browser: bool, allow_root: bool) -> None:
    """Becomes the JupyterLab server, until Ctrl-C. Raises NoJupyterLab, WrongSetting."""
    is_root = os.geteuid() == 0
    check(ROOT, is_root and not allow_root and not in_container(os.environ))
    home = (Path.cwd() if "CHECKOUT_HOME" in os.environ else ROOT) / read_settings().home
    more = ["--allow-root"] if is_root else []
    more += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port is not None else []
    more += [] if browser else ["--no-browser"]
    print("JupyterLab opens the notebooks of this checkout. Ctrl-C ends it and all that runs in them.", flush=True)
    command = [sys.executable, "-m", "jupyterlab", *options(home), *more]
    os.execve(sys.executable, command, environment(home, os.environ))


def check(root: Path, by_root: bool) -> None:
    """Raises what keeps JupyterLab from being started here."""
    if find_spec("jupyterlab") is None:
        raise NoJupyterLab("JupyterLab is not installed: run ./scripts/install")
    if not (root / START).exists():
        raise NoJupyterLab(f"{root} has no {START}: run this in a checkout of the project")
    if by_root:
        raise WrongSetting("root should not run notebooks: use another user, or say --allow-root")


def in_container(given: Mapping[str, str]) -> bool:
    """Whether root here is nobody's root: a container, or CI."""
    return bool(given.get("CI") or given.get("container")) or any(map(os.path.exists, CONTAINERS))


def options(home: Path, root: Path = ROOT) -> list[str]:
    """How JupyterLab is called: the checkout (or a copy) as its root, the first notebook open, on the loopback only."""
    workspaces = prepare_workspace(home / "lab")
    return [
        f"--ServerApp.root_dir={root}", f"--ServerApp.ip={HOST}", "--ServerApp.answer_yes=True",
        "--ServerApp.log_level=WARN", "--LabApp.log_level=WARN",
        f"--LabApp.workspaces_dir={workspaces}",
        f"--LabApp.default_url=/lab/workspaces/{WORKSPACE}/tree/{START}",
    ]  # fmt: skip


def prepare_workspace(folder: Path) -> Path:
    """The folder of a workspace that opens with the table of contents; one that is there stays as it was left."""
    folder.mkdir(parents=True, exist_ok=True)
    signature = hashlib.sha256(WORKSPACE.encode()).hexdigest()[:4]  # as JupyterLab names its files
    file = folder / f"{WORKSPACE}-{signature}.jupyterlab-workspace"
    if not file.exists():
        shutil.copyfile(CONFIG / "workspace.json", file)
    return folder


def environment(home: Path, given: Mapping[str, str]) -> dict[str, str]:
    """For the server and its kernels: our settings before the learner's, this Python, one home for all."""
    before = {"JUPYTER_CONFIG_PATH": str(CONFIG), "PATH": str(Path(sys.executable).parent)}
    paths = {name: os.pathsep.join(filter(None, (first, given.get(name)))) for name, first in before.items()}
    return {**given, **paths, "JUPYTER_PREFER_ENV_PATH": "1", "CHECKOUT_HOME": str(home)}
