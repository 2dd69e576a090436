"""Rings: which package may import which, read from the syntax trees (docs/architecture.md, "Folders")."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import checkout

ROOT = Path(checkout.__file__).parent
# A ring may import itself, LEAVES, and the packages on its line. `docs/architecture.md` shows this.
LEAVES = ["checkout.settings", "checkout.errors", "checkout.system.deadline", "checkout"]
STORE = [
    "checkout.domain", "checkout.card_numbers", "checkout.fields", "checkout.ids", "checkout.messages",
    "checkout.replies", "checkout.framework", "checkout.journal",
]
WORKER = [*STORE, "checkout.messaging", "checkout.tracing", "checkout.worker"]
MAY_IMPORT = {
    "checkout": [],
    "checkout.errors": [],
    "checkout.settings": [],
    "checkout.system": [],
    "checkout.domain": [],
    "checkout.ids": [],
    "checkout.card_numbers": [],
    "checkout.fields": ["checkout.domain", "checkout.card_numbers"],
    "checkout.journal": [],
    "checkout.tracing": ["checkout.journal"],
    "checkout.messaging": [],
    "checkout.framework": ["checkout.domain", "checkout.card_numbers", "checkout.journal"],
    "checkout.messages": ["checkout.domain", "checkout.fields", "checkout.framework"],
    "checkout.replies": [],
    "checkout.stories": ["checkout.journal", "checkout.messages"],
    "checkout.services": STORE,
    "checkout.local_kafka": ["checkout.system", "checkout.messaging"],
    "checkout.worker": WORKER,
    "checkout.registry": [*WORKER, "checkout.services", "checkout.simulators"],
    "checkout.diagnosis": [*WORKER, "checkout.services", "checkout.registry", "checkout.stories"],
    "checkout.simulators": WORKER,
    "checkout.processes": [
        *WORKER, "checkout.services", "checkout.registry", "checkout.simulators", "checkout.local_kafka",
        "checkout.system",
    ],
    "checkout.checker": ["checkout.messaging"],  # what it judges by is its own: no code of the services
    "checkout.checker.collect": ["checkout.checker", "checkout.messaging", "checkout.processes", "checkout.system"],
    "checkout.load": ["checkout.checker", "checkout.messaging", "checkout.processes", "checkout.system"],
    "checkout.crash_windows": ["checkout.messages", "checkout.processes", "checkout.load", "checkout.checker"],
    "checkout.faults": [
        "checkout.journal", "checkout.registry", "checkout.processes", "checkout.local_kafka", "checkout.system",
        "checkout.load", "checkout.checker",
    ],
    "checkout.bench": [
        *WORKER, "checkout.registry", "checkout.processes", "checkout.local_kafka", "checkout.system",
        "checkout.checker",
    ],
    "checkout.c4": ["checkout.journal", "checkout.system"],
    "checkout.lab": ["checkout"],
    "checkout.cli": ["checkout"],
    "checkout.__main__": ["checkout.cli"],
}
# Programs of the course that stand for programs of others: they are started by their files.
FOREIGN = "checkout.lab.course.replacements."
PROGRAMS = [FOREIGN + name for name in ("batch_program", "function_platform", "payment_function", "plain_payments")]
NOTEBOOK_LIBRARIES = {"IPython", "ipywidgets", "anywidget", "pandas"}
NOTEBOOK_PACKAGES = ["checkout.lab", "checkout.c4.notebook"]


class Import(NamedTuple):
    """One import: the importing module, the imported one, and the line."""

    by: str
    of: str
    line: int


def module_name(path: Path) -> str:
    parts = ("checkout", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def imports_of(name: str) -> Iterator[Import]:
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            yield from (Import(name, alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name}, line {node.lineno}: a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield Import(name, whole if whole in MODULES else str(node.module), node.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.args[0] if node.args else None, ast.Constant):
            # import by name: importlib.import_module("checkout...") and functions around it
            argument = node.args[0].value
            if isinstance(argument, str) and argument in MODULES and argument != "checkout":
                yield Import(name, argument, node.lineno)


IMPORTS = [found for name in MODULES for found in imports_of(name)]
OURS = [found for found in IMPORTS if found.of.split(".")[0] == "checkout"]
LIBRARIES = [found for found in IMPORTS if found.of.split(".")[0] != "checkout"]


def is_in(module: str, package: str) -> bool:
    return module == package or (module.startswith(package + ".") and package != "checkout")


def ring_of(module: str) -> str:
    return max((ring for ring in MAY_IMPORT if is_in(module, ring)), key=len)


def allowed(found: Import) -> bool:
    ring = ring_of(found.by)
    if ring in ("checkout.lab", "checkout.cli"):
        return ring == "checkout.lab" or not is_in(found.of, "checkout.lab") or lazily(found)
    return found.of in LEAVES or any(is_in(found.of, other) for other in [ring, *MAY_IMPORT[ring]])


def lazily(found: Import) -> bool:
    """Whether an import is inside a function, so that only its callers pay for it."""
    tree = ast.parse(MODULES[found.by].read_text())
    return found.line not in {node.lineno for node in tree.body}


def test_every_module_has_a_ring() -> None:
    assert len(MODULES) >= 40
    assert [name for name in MODULES if ring_of(name) == "checkout"] == ["checkout"]


def test_imports_only_point_inwards() -> None:
    wrong = [f"{found.by}, line {found.line} imports {found.of}" for found in OURS if not allowed(found)]

    assert wrong == []
    assert len(OURS) >= 150


@pytest.mark.parametrize(
    ("by", "of"),
    [
        ("checkout.domain", "checkout.fields"), ("checkout.framework.message", "checkout.messages"),
        ("checkout.framework.service", "checkout.worker.worker"),
        ("checkout.services.stock", "checkout.worker.database"),
        ("checkout.services.stock", "checkout.registry"), ("checkout.framework.http_app", "checkout.services.orders"),
        ("checkout.simulators.mailbox", "checkout.services.stock"), ("checkout.messaging.log", "checkout.messages"),
        ("checkout.checker.facts", "checkout.messages"), ("checkout.checker.prices", "checkout.domain"),
        ("checkout.checker.invariants.money", "checkout.services.payments"),
        ("checkout.checker.collect.shop", "checkout.worker.database"),
        ("checkout.c4.render.renderer", "checkout.messages"), ("checkout.c4.commands", "checkout.registry"),
        ("checkout.worker.worker", "checkout.cli.running.up"), ("checkout.worker.worker", "checkout.registry"),
        ("checkout.worker.worker", "checkout.lab.lab"), ("checkout.settings", "checkout.domain"),
        ("checkout.journal.journal", "checkout.framework.message"),
        ("checkout.local_kafka.cluster", "checkout.worker.worker"),
    ],
)
def test_an_import_that_points_outwards_would_be_found(by: str, of: str) -> None:
    assert not allowed(Import(by, of, 1))


def test_the_domain_needs_the_standard_library_only() -> None:
    found = {found.of for found in LIBRARIES if found.by == "checkout.domain"}

    assert found == {"dataclasses", "datetime", "decimal", "enum"}


def test_only_the_kafka_modules_import_kafka() -> None:
    users = {found.by for found in LIBRARIES if found.of.split(".")[0] == "kafka"}

    users -= set(PROGRAMS)
    assert users
    allowed = r"checkout\.messaging\.((security|clients)\.)?kafka_\w+"
    assert [name for name in users if not re.fullmatch(allowed, name)] == []


def test_the_programs_of_others_import_nothing_of_this_project() -> None:
    imported = {found.of.split(".")[0] for found in IMPORTS if found.by in PROGRAMS}

    assert "checkout" not in imported
    assert {"kafka", "httpx", "csv"} <= imported


def test_only_notebook_packages_import_notebook_libraries() -> None:
    users = {found.by for found in LIBRARIES if found.of.split(".")[0] in NOTEBOOK_LIBRARIES}

    assert [name for name in users if not any(is_in(name, package) for package in NOTEBOOK_PACKAGES)] == []


def test_no_module_bears_the_name_of_a_library_it_imports() -> None:
    same = [
        found for found in LIBRARIES
        if found.of.split(".")[0] in found.by.split(".")[1:] and not (
            found.by.split(".")[-1] == "__init__" and found.by.split(".")[-2] in found.of
        )
    ]

    assert same == []
    assert len(LIBRARIES) >= 200


def test_the_services_are_the_containers_of_the_diagram() -> None:
    files = {name.rpartition(".")[2] for name in MODULES if name.startswith("checkout.services.")}
    services = {name for name in files if name.partition("_")[0] == name}

    assert {name.partition("_")[0] for name in files} == services  # orders_http.py is a part of Orders
    assert services == {"web", "gateway", "orders", "stock", "payments", "shipments", "notifications"}


def test_no_file_is_above_250_lines() -> None:
    long = {name: count for name, path in MODULES.items() if (count := len(path.read_text().splitlines())) > 250}

    assert long == {}


def test_a_module_opens_with_its_name_and_its_duty() -> None:
    opened = {name: ast.get_docstring(ast.parse(path.read_text())) or "" for name, path in MODULES.items()}
    wrong = [name for name, text in opened.items() if MODULES[name].read_text() and ": " not in text.partition("\n")[0]]

    assert wrong == ["checkout.__main__"]
