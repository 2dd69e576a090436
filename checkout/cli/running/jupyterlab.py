"""JupyterLab: `checkout lab`, starts JupyterLab with the notebooks and without changing the user's own set-up."""

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from importlib.util import find_spec
from pathlib import Path

from checkout.cli.progress import progress_bar
from checkout.errors import CheckoutError
from checkout.local_kafka.download import Progress, class_path
from checkout.settings import HOST, WrongSetting, read_settings
from checkout.system import java

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "checkout" / "lab" / "config"
START = "notebooks/00-start-here.ipynb"
WORKSPACE = "checkout"
CONTAINERS = ("/.dockerenv", "/run/.containerenv")
PLANTUML_SIZE = 17_744_555  # bytes of the download


class NoJupyterLab(CheckoutError):
    """JupyterLab or the notebooks are not there."""

    exit_code = 3


def run(port: int | None, browser: bool, allow_root: bool) -> None:
    """Downloads missing jars and replaces this process by the JupyterLab server. Raises NoJupyterLab, WrongSetting."""
    is_root = os.geteuid() == 0
    check(ROOT, is_root and not allow_root and not in_container(os.environ))
    download_jars()
    home = (Path.cwd() if "CHECKOUT_HOME" in os.environ else ROOT) / read_settings().home
    more = ["--allow-root"] if is_root else []
    more += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port is not None else []
    more += [] if browser else ["--no-browser"]
    print("Starting JupyterLab with the notebooks. Press Ctrl-C to stop it and every kernel.", flush=True)
    command = [sys.executable, "-m", "jupyterlab", *options(home), *more]
    os.execve(sys.executable, command, environment(home, os.environ))


def download_jars() -> None:
    """Downloads Apache Kafka and PlantUML unless they are here; without a network prints what will not work."""
    try:
        with progress_bar() as progress:
            class_path(progress)
            if not java.are_fetched(java.PLANTUML):
                _download_plantuml(progress)
    except CheckoutError as error:
        print(f"checkout: {error}", file=sys.stderr)
        print("checkout: without it, only notebook cells that need neither Kafka nor new pictures run", file=sys.stderr)


def _download_plantuml(progress: Progress) -> None:
    group, artifact, version = java.PLANTUML.split(":")
    folder = Path.home() / ".m2" / "repository" / group.replace(".", "/") / artifact / version
    with ThreadPoolExecutor(1) as pool:
        download = pool.submit(java.fetch_jars, java.PLANTUML)
        while wait([download], timeout=0.1).not_done:
            size = sum(file.stat().st_size for file in folder.glob("*.jar*"))
            progress(f"downloading PlantUML {version}", min(size / PLANTUML_SIZE, 1.0))
        download.result()


def check(root: Path, by_root: bool) -> None:
    """Raises NoJupyterLab when JupyterLab or the notebooks are missing, WrongSetting for a refused root."""
    if find_spec("jupyterlab") is None:
        raise NoJupyterLab("JupyterLab is not installed: run ./scripts/install")
    if not (root / START).exists():
        raise NoJupyterLab(f"{root} has no {START}: run this in a checkout of the project")
    if by_root:
        raise WrongSetting("root should not run notebooks: use another user, or add --allow-root")


def in_container(given: Mapping[str, str]) -> bool:
    """Whether this is a container or a CI job, where running as root is usual."""
    return bool(given.get("CI") or given.get("container")) or any(map(os.path.exists, CONTAINERS))


def options(home: Path, root: Path = ROOT) -> list[str]:
    """The options of JupyterLab: serves `root` on the loopback interface only, with the first notebook open."""
    workspaces = prepare_workspace(home / "lab")
    return [
        f"--ServerApp.root_dir={root}", f"--ServerApp.ip={HOST}", "--ServerApp.answer_yes=True",
        "--ServerApp.log_level=WARN", "--LabApp.log_level=WARN",
        f"--LabApp.workspaces_dir={workspaces}",
        f"--LabApp.default_url=/lab/workspaces/{WORKSPACE}/tree/{START}",
    ]  # fmt: skip


def prepare_workspace(folder: Path) -> Path:
    """The folder of the workspace: a new one shows the table of contents, an existing one is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    signature = hashlib.sha256(WORKSPACE.encode()).hexdigest()[:4]  # as JupyterLab names its files
    file = folder / f"{WORKSPACE}-{signature}.jupyterlab-workspace"
    if not file.exists():
        shutil.copyfile(CONFIG / "workspace.json", file)
    return folder


def environment(home: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The environment of server and kernels: our Jupyter settings and this Python first, one CHECKOUT_HOME for all."""
    first = {"JUPYTER_CONFIG_PATH": str(CONFIG), "PATH": str(Path(sys.executable).parent)}
    paths = {name: os.pathsep.join(filter(None, (value, given.get(name)))) for name, value in first.items()}
    return {**given, **paths, "JUPYTER_PREFER_ENV_PATH": "1", "CHECKOUT_HOME": str(home)}
