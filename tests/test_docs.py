"""Docs: what README and docs/ say about files, folders, arrows, topics, settings and commands is what the code has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_rings import MAY_IMPORT
from typer.main import get_command

from checkout.cli.app import app
from checkout.messages import STORIES, TOPICS
from checkout.registry import arrows
from checkout.services.stock import CATALOGUE
from checkout.settings import PORTS, Settings

ROOT = Path(__file__).parents[1]
DOCS = {path.name: path.read_text() for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
CONTRACT, ARCHITECTURE, OPERATIONS = (DOCS[f"{name}.md"] for name in ("contract", "architecture", "operations"))
FOLDERS = ("checkout", "diagrams", "docs", "notebooks", "scripts", "tests")
CODE_PATH = re.compile(rf"`(?:\./)?((?:{'|'.join(FOLDERS)})/[\w./-]*)`")
NAMES_IN_FILE = re.compile(r"`(checkout/[\w/]+\.py)` \(((?:`[\w.]+`(?:, )?)+)\)")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([\w-]+))?\)")
REFERENCES = [
    (path, name) for text in DOCS.values() for path, names in NAMES_IN_FILE.findall(text) for name in names.split(", ")
]


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its own header and without backquotes."""
    section = text.partition(f"{heading}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table, f"no table below {heading}"
    lines = [re.split(r"(?<!\\)\|", line.strip().strip("|")) for line in table[0].splitlines()[2:]]
    return [[cell.strip().replace("`", "") for cell in line] for line in lines]


def test_every_file_that_the_docs_name_exists() -> None:
    named = [(name, path) for name, text in DOCS.items() for path in CODE_PATH.findall(text)]

    assert [(name, path) for name, path in named if not (ROOT / path).exists()] == []
    assert len(named) >= 60


def test_code_names_only_documents_of_this_repository() -> None:
    code = [path for folder in ("checkout", "tests") for path in (ROOT / folder).rglob("*.py")]
    code += [path for path in (ROOT / "scripts").iterdir() if path.is_file()]

    others = [path for path in code if path != Path(__file__)]

    named = [(path, name) for path in others for name in re.findall(r"[\w./-]*\w\.md\b", path.read_text())]

    assert [(path.name, name) for path, name in named if not (ROOT / name).exists()] == []
    assert len(named) >= 5


@pytest.mark.parametrize("name", DOCS)
def test_every_relative_link_leads_to_a_file_and_a_heading(name: str) -> None:
    folder = ROOT if name == "README.md" else ROOT / "docs"

    links = LINK.findall(DOCS[name])

    for path, anchor in links:
        target = folder / path if path else folder / name
        assert target.exists(), path
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize(("path", "name"), REFERENCES)
def test_every_function_that_the_docs_name_is_in_its_file(path: str, name: str) -> None:
    body: Any = ast.parse((ROOT / path).read_text())

    for part in name.strip("`").split("."):
        found = [node for node in body.body if part in names_of(node)]
        assert found, f"{path} has no {name}"
        body = found[0]


def names_of(node: Any) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def test_the_architecture_names_many_functions() -> None:
    assert len(REFERENCES) >= 40


def tree() -> Iterator[tuple[str, str]]:
    """The entries of the tree in docs/architecture.md, as paths below checkout/, and their descriptions."""
    parents: list[str] = []
    block = ARCHITECTURE.partition("```\ncheckout/\n")[2].partition("```")[0]
    for line in block.splitlines():
        indent, name, text = re.fullmatch(r"( +)(\S+) *(.*)", line).groups()  # type: ignore[union-attr]
        parents[len(indent) // 2 - 1 :] = [name.rstrip("/")]
        yield "/".join(parents), text


def test_the_tree_names_every_folder_and_every_module_at_the_top_and_nothing_else() -> None:
    package = ROOT / "checkout"
    folders = {path for depth in ("*/", "*/*/") for path in package.glob(depth) if path.is_dir() and tracked(path)}
    modules = {path for path in package.glob("*.py") if path.name != "__init__.py"}
    named = dict(tree())

    assert set(named) == {str(path.relative_to(package)) for path in folders | modules}
    assert all(named.values()), "each line says what it holds"


def test_the_list_of_layers_is_in_the_order_of_the_allowed_imports() -> None:
    lines = re.findall(r"^(\d+)\. (`.+)$", ARCHITECTURE.partition("## Folders")[2], re.MULTILINE)
    layer = {f"checkout.{name}": int(number) for number, names in lines for name in re.findall(r"`(\w+)`", names)}

    upwards = [
        (ring, other) for ring, others in MAY_IMPORT.items() for other in others
        if ring in layer and other not in (ring, "checkout") and layer[ring] >= layer[other]
    ]  # fmt: skip

    assert upwards == []
    parts = {"checkout.checker.collect"}  # of a layer, with imports of their own
    assert MAY_IMPORT.keys() - layer.keys() - parts == {"checkout", "checkout.c4", "checkout.__main__"}


def tracked(path: Path) -> bool:
    """Whether a folder has files that are not compiled ones."""
    return any(file.is_file() and "__pycache__" not in file.parts for file in path.rglob("*"))


@pytest.mark.parametrize("story", STORIES)
def test_the_contract_has_the_arrows_of_a_story(story: str) -> None:
    heading = next(line for line in CONTRACT.splitlines() if line.startswith("### ") and f"{story}.puml" in line)

    found = [tuple(row) for row in rows(CONTRACT, heading)]

    assert found == [(str(arrow.step), *arrow[1:]) for arrow in arrows(story)]
    assert f"{len(found)} arrows in {len({row[0] for row in found})} steps" in heading


def test_the_contract_has_the_topics_with_their_messages_and_fields() -> None:
    listed = {row[0]: (row[1], set(re.findall(r"\b[a-z]\w*[a-z]\b", re.sub(r"\*.*?\*", "", row[2])))) for row in
              rows(CONTRACT, "## Messages on topics")}  # fmt: skip

    assert listed == {
        topic: (message.__name__, {field.encode_name for field in msgspec.structs.fields(message)})
        for topic, message in TOPICS.items()
    }


def test_the_contract_has_the_catalogue() -> None:
    products = [[str(p.sku), p.name, str(p.price), str(p.on_hand)] for p in CATALOGUE]

    assert rows(CONTRACT, "## Catalogue") == products


def test_the_contract_has_every_port() -> None:
    numbers = {int(number) for row in rows(CONTRACT, "- Ports are fixed offsets from a base (8000, `--port-base`):\n")
               for number in re.findall(r"\d+", row[0])}  # fmt: skip

    assert numbers >= {*PORTS.values()} - {3, 4, 5}
    assert ["2 to 6", "orders, stock, payments, shipments, notifications"] in rows(CONTRACT, "## A running store")


def test_the_operations_page_has_every_setting_with_its_default() -> None:
    described = {row[0]: row[1] for row in rows(OPERATIONS, "## Settings")}
    defaults = msgspec.structs.asdict(Settings()) | {"operator_token": "a random one"}

    assert described == {f"CHECKOUT_{name.upper()}": str(default) for name, default in defaults.items()}


def test_the_operations_page_has_every_command_with_its_options() -> None:
    described = {row[0]: set(re.findall(r"--[\w-]+", row[1])) for row in rows(OPERATIONS, "## Commands")}
    described.pop("checkout diagrams")

    assert described == dict(options(get_command(app), "checkout"))


def options(command: Any, call: str) -> Iterator[tuple[str, set[str]]]:
    below = getattr(command, "commands", None)
    if below is None:
        switches = [*command.params]
        yield call, {name for one in switches for name in (*one.opts, *one.secondary_opts) if name.startswith("--")}
    for name, other in (below or {}).items():
        if name != "diagrams":
            yield from options(other, f"{call} {name}")
