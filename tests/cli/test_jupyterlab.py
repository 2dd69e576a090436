"""JupyterLab: what `checkout lab` starts, what it refuses, and what it leaves."""

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from command_line import COMMAND, run
from command_line import environment as surroundings
from jupyterlab_server.workspaces_handler import WorkspacesManager

from checkout.cli.running.jupyterlab import CONFIG, ROOT, START, NoJupyterLab, check, environment, in_container, options
from checkout.cli.running.jupyterlab import prepare_workspace as prepare
from checkout.settings import WrongSetting


def test_the_server_shows_the_checkout_on_the_loopback_and_keeps_its_token(tmp_path: Path) -> None:
    given = options(tmp_path)

    assert f"--ServerApp.root_dir={ROOT}" in given
    assert "--ServerApp.ip=127.0.0.1" in given
    assert f"--LabApp.default_url=/lab/workspaces/checkout/tree/{START}" in given
    assert not [option for option in given if "token" in option or "xsrf" in option or "allow_origin" in option]


def test_kernels_share_one_home_and_our_settings_come_before_the_learners(tmp_path: Path) -> None:
    made = environment(tmp_path, {"JUPYTER_CONFIG_PATH": "own", "PATH": "bin", "LANG": "C"})

    assert made["CHECKOUT_HOME"] == str(tmp_path)
    assert made["JUPYTER_CONFIG_PATH"] == f"{CONFIG}{os.pathsep}own"
    assert made["PATH"] == f"{Path(sys.executable).parent}{os.pathsep}bin"
    assert made["LANG"] == "C"


def test_the_first_workspace_has_the_table_of_contents_and_is_not_made_again(tmp_path: Path) -> None:
    first = WorkspacesManager(str(prepare(tmp_path))).load("checkout")
    (file,) = tmp_path.iterdir()
    file.write_text('{"data": {}, "metadata": {"id": "checkout"}}')

    later = WorkspacesManager(str(prepare(tmp_path))).load("checkout")

    assert first["data"]["layout-restorer:data"]["left"]["current"] == "@jupyterlab/toc:plugin"
    assert START in first["data"][f"notebook:{START}"]["data"]["path"]
    assert later["data"] == {}


def test_root_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / START).parent.mkdir()
    (tmp_path / START).touch()

    with pytest.raises(WrongSetting, match="use another user, or add --allow-root"):
        check(tmp_path, by_root=True)


def test_root_is_accepted_in_ci_and_in_a_container() -> None:
    assert in_container({"CI": "true"}) and in_container({"container": "podman"})
    assert in_container({}) == (Path("/.dockerenv").exists() or Path("/run/.containerenv").exists())


def test_without_notebooks_it_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(NoJupyterLab, match=f"{tmp_path} has no {START}: run this in a checkout"):
        check(tmp_path, by_root=False)


def test_without_jupyterlab_it_ends_with_3_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "jupyterlab", None)

    exit_code = run(monkeypatch, "lab")

    printed = "checkout: JupyterLab is not installed: run ./scripts/install\n"
    assert (exit_code, *capsys.readouterr()) == (3, "", printed)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`checkout lab` at a terminal, where Ctrl-C ends Jupyter cleanly, and the file with what it prints."""
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [*COMMAND, "lab", "--no-browser", "--port", "0", "--allow-root"]
    screen, (keyboard, terminal) = tmp_path / "screen.txt", pty.openpty()
    with open(screen, "wb") as output, open(keyboard), open(terminal) as stdin:
        process = subprocess.Popen(command, env=surroundings(tmp_path / "home", **own), stdin=stdin, stdout=output,
                                   stderr=output, start_new_session=True)  # fmt: skip
        yield process, screen
        process.terminate()
        process.wait(30)


@pytest.mark.slow
def test_it_prints_its_address_and_ctrl_c_leaves_no_process(
    opened: tuple[subprocess.Popen[bytes], Path], wait_until: Callable[..., None]
) -> None:
    process, screen = opened
    printed = re.compile(r"(http://127\.0\.0\.1:\d+)(/lab/workspaces/checkout/tree/\S+)\?token=(\w{20,})")
    wait_until(lambda: printed.search(screen.read_text()) or process.poll() is not None, "the address", 60)
    address, path, token = printed.findall(screen.read_text())[0]
    header = {"Authorization": f"token {token}"}
    kernel = httpx.post(f"{address}/api/kernels", headers=header, timeout=30)
    shown, refused = (httpx.get(address + path, headers=sent).status_code for sent in (header, {}))

    process.send_signal(signal.SIGINT)

    assert process.wait(30) == 0
    assert (kernel.status_code, path, shown, refused) == (201, f"/lab/workspaces/checkout/tree/{START}", 200, 302)
    assert list((screen.parent / "RUNTIME").glob("*-*.json")) == []
