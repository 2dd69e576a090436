"""Dependencies: pip installs what each part imports, and environment.yml asks conda for the same packages."""

import ast
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from checkout.cli.missing_store import STORE_PACKAGES

ROOT = Path(__file__).parents[1]
ENVIRONMENT: dict[str, Any] = yaml.safe_load((ROOT / "environment.yml").read_text())
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WANTED = {"jupyterlab", "plantuml", "kafka-python", "pandas", "ipywidgets", "nbval", "pytest"}
CONDA = {(asked := Requirement(line)).name: asked for line in ENVIRONMENT["dependencies"] if isinstance(line, str)}
EXTRAS = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
PIP = {(asked := Requirement(line)).name: asked for line in [*PROJECT["dependencies"], *EXTRAS]}
TOOLKIT = ("c4", "journal", "system", "settings.py", "errors.py")
MODULES_OF = {  # where the modules of a distribution have other names
    "opentelemetry-proto": "opentelemetry", "protobuf": "google", "ipython": "IPython", "kafka-python": "kafka",
}  # fmt: skip
PIP["python"] = Requirement(f"python{PROJECT['requires-python']}")


def overlap(some: SpecifierSet, others: SpecifierSet) -> bool:
    """Whether a version satisfies both: a bound of one, or the next patch after it, is in both when any is."""
    bounds = [Version(one.version.removesuffix(".*")) for one in (*some, *others)] or [Version("0")]
    return any(found in some and found in others for bound in bounds for found in (bound, Version(f"{bound}.0.1")))


def test_it_names_every_package_that_was_asked_for() -> None:
    assert CONDA.keys() >= WANTED
    assert ENVIRONMENT["channels"] == ["conda-forge", "nodefaults"]
    assert list(CONDA)[0] == "python"


def test_the_rest_comes_through_the_projects_own_lab_extra() -> None:
    pip_part = [line["pip"] for line in ENVIRONMENT["dependencies"] if isinstance(line, dict)]

    assert pip_part == [["-e .[lab]"]]
    assert "lab" in PROJECT["optional-dependencies"]


@pytest.mark.parametrize("name", sorted(CONDA.keys() & PIP.keys()))
def test_conda_and_pip_may_take_the_same_version(name: str) -> None:
    assert overlap(CONDA[name].specifier, PIP[name].specifier)


def test_only_what_pip_does_not_have_is_missing_in_the_project() -> None:
    assert CONDA.keys() - PIP.keys() == {"plantuml", "pip"}


@pytest.mark.parametrize(
    ("some", "others", "expected"),
    [(">=3.0.12,<3.1", ">=2.3,<3", False), (">=4.6,<5", ">=4", True), (">=9", "", True), (">=9", "<9", False),
     (">3.1", "<4", True)],
)  # fmt: skip
def test_ranges_that_share_no_version_are_told_apart(some: str, others: str, expected: bool) -> None:
    assert overlap(SpecifierSet(some), SpecifierSet(others)) is expected


def modules(*extras: str) -> set[str]:
    """The top-level modules of the base dependencies, or of some extras."""
    lines = [line for extra in extras for line in PROJECT["optional-dependencies"][extra]] or PROJECT["dependencies"]
    return {MODULES_OF.get(name, name) for name in (Requirement(line).name for line in lines)}


def imported(path: Path) -> set[str]:
    """The top-level modules that a file imports anywhere."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_the_base_dependencies_are_what_the_toolkit_imports() -> None:
    roots = [ROOT / "checkout" / name for name in TOOLKIT]
    files = [file for root in roots for file in ([root] if root.is_file() else sorted(root.rglob("*.py")))]
    used = set().union(*map(imported, files)) - sys.stdlib_module_names - {"checkout", "_typeshed"}

    assert used - modules("otlp", "notebook") - {"pytest"} == modules()


def test_a_command_without_the_store_knows_each_package_of_the_extra() -> None:
    names = {Requirement(line).name for line in PROJECT["optional-dependencies"]["store"]}

    assert set(STORE_PACKAGES.values()) == names
    assert set(STORE_PACKAGES) == modules("store")


def locked(file: str) -> set[str]:
    """The packages in a lock file, with the names as they are normalised."""
    return {line.partition("==")[0] for line in (ROOT / file).read_text().splitlines() if "==" in line[:80]}


def asked_for(*extras: str) -> set[str]:
    """The packages that the base dependencies and some extras name, without this project itself."""
    lines = [*PROJECT["dependencies"], *(line for name in extras for line in PROJECT["optional-dependencies"][name])]
    return {Requirement(line).name.lower() for line in lines} - {"checkout"}


def test_the_demo_installs_the_store_and_nothing_of_the_lab() -> None:
    assert locked("requirements-runtime.lock") >= asked_for("build", "store")
    others = asked_for("lab", "notebook", "otel", "fast") - asked_for()
    assert locked("requirements-runtime.lock") & others == set()


def test_every_extra_is_locked() -> None:
    assert locked("requirements.lock") >= asked_for(*PROJECT["optional-dependencies"])
