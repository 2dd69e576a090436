"""Packages of the site: pinned as everything else is, and the same sources make the same bytes."""

import hashlib
import json
import re
import zipfile
from pathlib import Path

import packages

ROOT = Path(__file__).parents[2]
BUILDER = ROOT / "scripts" / "site_builder"
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
ONLY_HERE = {"micropip"}  # which JupyterLite installs with


def pins(path: Path) -> dict[str, str]:
    """The versions in a lock file."""
    return dict(PIN.findall(path.read_text()))


def test_the_wheels_have_the_versions_that_the_notebooks_are_recorded_with() -> None:
    wheels, lock = pins(BUILDER / "wheels.lock"), pins(ROOT / "requirements.lock")

    assert {name: version for name, version in wheels.items() if lock.get(name) != version}.keys() == ONLY_HERE
    assert len(wheels) >= 20


def test_every_download_has_a_hash_and_no_address() -> None:
    for lock in BUILDER.glob("*.lock"):
        text = lock.read_text()
        assert len(PIN.findall(text)) <= text.count("--hash=sha256:")
        assert "://" not in text


def test_the_same_sources_make_the_same_wheel(tmp_path: Path) -> None:
    digests = set[str]()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        packages.wheel(tmp_path / name, "checkout", "0", packages.own_files({}))
        digests.add(hashlib.sha256((tmp_path / name / "checkout-0-py3-none-any.whl").read_bytes()).hexdigest())

    assert len(digests) == 1


def test_the_wheel_holds_what_notebooks_read_beside_the_package(tmp_path: Path) -> None:
    packages.wheel(tmp_path, "checkout", "0", packages.own_files({"01 cell-1": {}}))

    with zipfile.ZipFile(tmp_path / "checkout-0-py3-none-any.whl") as wheel:
        names = set(wheel.namelist())
        assert json.loads(wheel.read("recorded_cells.data")) == {"01 cell-1": {}}
        assert len(wheel.read("checkout-0.dist-info/RECORD").splitlines()) == len(names)
    assert names >= {"checkout/lab/lab.py", "diagrams/ordering.svg", "notebooks/runs/ordering.jsonl"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".ttf")]
