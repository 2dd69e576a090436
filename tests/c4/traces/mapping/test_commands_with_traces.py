"""Commands with --traces: what they print, their exit codes, and the same verdict as the journal that they print."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from c4.traces.mapping.otlp_file import write_otlp
from c4.traces.mapping.written_spans import GET, process, send, span
from click.testing import Result
from msgspec.structs import replace
from typer.testing import CliRunner

from checkout.c4.cli import make_app
from checkout.c4.traces.span import Span
from checkout.journal import hop

SCHEMA = json.loads((Path(hop.__file__).with_name("journal.schema.json")).read_text())
VIEW = """@startuml
!include <C4/C4_Dynamic>
title Shop
Container(shop, "Shop")
Container(stock, "Stock")
Container(mail, "Mail")
ContainerQueue(kafka, "Kafka")
System_Ext(bank, "Bank")
Rel(shop, stock, "asks", "HTTP, GET /items/{id}", $index=1)
Rel(shop, bank, "charges", "HTTP, POST", $index=2)
Rel(shop, kafka, "publishes", "orders", $index=3)
Rel(kafka, mail, "informs", "orders", $index=4)
@enduml
"""
ROOT = span("shop/1", kind="server", at=0, to=50)
ASK = [span("shop/2", "1", "client", 1, 9), span("stock/3", "2", "server", 2, 8, http__route="/items/{id}", **GET)]
CHARGE = span("shop/4", "1", "client", 10, 20, http__method="POST", peer__service="psp.example", shop__order="7")
PUBLISH, INFORM = send("shop/5", "1", at=21), process("mail/6", "5", at=22)
WHOLE = [ROOT, *ASK, CHARGE, PUBLISH, INFORM]
Run = Callable[..., Result]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.puml").write_text(VIEW)
    (tmp_path / "traces.toml").write_text('[peers]\n"psp.*" = "bank"\n')
    return tmp_path / "shop.puml"


@pytest.fixture
def run(tmp_path: Path, shop: Path) -> Run:
    """Runs a command with spans as --traces."""

    def run(command: str, *arguments: object, spans: list[Span] | None = None) -> Result:
        file = write_otlp(WHOLE if spans is None else spans, tmp_path / "spans.jsonl")
        return CliRunner().invoke(make_app(), [command, *map(str, arguments), "--traces", str(file)])

    return run


def test_journal_prints_hops_in_the_shape_of_the_schema(run: Run) -> None:
    done = run("journal")

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        jsonschema.validate(line, SCHEMA)
    assert [(line["from"], line["to"], line["step"]) for line in lines] == [
        ("shop", "stock", 1), ("shop", "psp_example", 2), ("shop", "kafka", 3), ("kafka", "mail", 4),
    ]  # fmt: skip
    assert done.stderr.startswith("1 file: 1 trace, 6 spans, 3 services; 4 hops; 0 parents missing")
    assert done.exit_code == 0


def test_the_printed_journal_has_the_verdict_of_the_traces(run: Run, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").write_text(run("journal", shop).stdout)

    by_journal = CliRunner().invoke(make_app(), ["verify", str(shop), "--journal", str(tmp_path / "run.jsonl")])
    by_traces = run("verify", shop)

    assert by_traces.stdout == by_journal.stdout == "t1: conforms, 4 arrows happened\n"
    assert by_traces.exit_code == by_journal.exit_code == 0


def test_verify_tells_a_deviation_from_a_gap_by_its_exit_code(run: Run, shop: Path) -> None:
    lost = [each for each in WHOLE if each is not INFORM]

    deviates = run("verify", shop, spans=[each for each in WHOLE if each is not CHARGE])
    unclear = run("verify", shop, spans=lost)

    assert (deviates.exit_code, unclear.exit_code) == (1, 3)
    assert "never happened: 2 shop → bank" in deviates.stdout
    assert "4 kafka → mail [orders]: no span of mail is in the files" in unclear.stdout
    assert run("verify", shop, "--allow-gaps", spans=lost).exit_code == 0


def test_names_that_fit_nothing_are_an_error_with_a_remedy(run: Run, shop: Path) -> None:
    done = run("verify", shop, spans=[span("a/1"), span("b/2", "1")])

    assert done.exit_code == 3
    assert 'no service of the traces ("a", "b") is an element of shop: map them in traces.toml' in done.stderr


def test_traces_without_an_arrow_are_an_error(run: Run, shop: Path) -> None:
    assert "no arrow happened in the traces (1 span of 1 service)" in run("verify", shop, spans=[ROOT]).stderr
    assert run("journal", spans=[ROOT]).exit_code == 3


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("verify", ["--journal", "x"]), ("draw", ["--journal", "x"]), ("cover", ["--journals", "x"]),
        ("story", ["--journal", "x", "--step", 1]),
    ],
)  # fmt: skip
def test_a_journal_and_traces_exclude_each_other(run: Run, shop: Path, command: str, more: list[str]) -> None:
    done = run(command, *([] if command == "draw" else [shop]), *more)

    assert done.exit_code == 2
    assert "or --traces" in done.stderr


@pytest.mark.parametrize("command", ["verify", "cover", "draw"])
def test_a_command_needs_a_journal_or_traces_and_a_map_needs_traces(shop: Path, command: str) -> None:
    file = [] if command == "draw" else [str(shop)]
    option = "--journals" if command == "cover" else "--journal"

    without = CliRunner().invoke(make_app(), [command, *file])
    with_map = CliRunner().invoke(make_app(), [command, *file, option, "x", "--map", "traces.toml"])

    assert (without.exit_code, with_map.exit_code) == (2, 2)


def test_a_wrong_map_is_a_usage_error(run: Run, shop: Path) -> None:
    shop.with_name("traces.toml").write_text("[service]\n")

    done = run("cover", shop)

    assert (done.exit_code, done.stderr.count("Traceback")) == (2, 0)
    assert 'unknown key "service"' in done.stderr


def test_an_attribute_chooses_traces(run: Run, shop: Path) -> None:
    other = [span("shop/1@t2", kind="client", peer__service="psp.example", at=1)]

    assert run("verify", shop, "--order", "shop.order=7", spans=[*WHOLE, *other]).stdout.startswith("t1: conforms")
    assert "no trace with hops fits --order shop.order=8" in run("verify", shop, "--order", "shop.order=8").stderr


def test_draw_updates_a_view_from_traces_with_its_own_technologies(run: Run, shop: Path) -> None:
    before = shop.read_text()
    extra = span("stock/7", "3", "client", 3, 4, peer__service="shelf", http__method="PUT")

    same, changed = run("draw", "--into", shop), run("draw", "--into", shop, spans=[*WHOLE, extra])

    assert "unchanged" in same.stderr
    assert changed.exit_code == 0
    added = [line for line in shop.read_text().splitlines() if line not in before]
    assert added[0] == 'Rel(stock, shelf, "PUT", "HTTP, PUT", $index=2)'
    assert 'Rel(shop, bank, "charges", "HTTP, POST", $index=3)' in added


def test_cover_and_story_read_traces(run: Run, shop: Path, tmp_path: Path) -> None:
    assert "4 of 4 arrows, 100 %" in run("cover", shop).stdout
    assert run("story", shop, "--html", tmp_path / "page.html").exit_code == 0
    assert "GET /items/{id}" in (tmp_path / "page.html").read_text()


def test_a_draft_of_the_map_makes_the_traces_judgeable(run: Run, shop: Path) -> None:
    others = [replace(each, service=each.service.replace("stock", "stok-api")) for each in WHOLE[1:]]
    spans = [span("shopping/1", kind="server"), *others]
    shop.with_name("traces.toml").unlink()

    draft = run("journal", shop, "--suggest-map", spans=spans).stdout
    shop.with_name("traces.toml").write_text(draft)

    assert '"stok-api" = "stock"' in draft
    assert '"psp.example" = "bank"' in draft
    assert '"shopping" = "shop"' in draft
    assert run("verify", shop, spans=spans).stdout == "t1: conforms, 4 arrows happened\n"


def test_without_a_diagram_the_draft_has_all_names(run: Run) -> None:
    draft = run("journal", "--suggest-map").stdout

    assert [line for line in draft.splitlines() if line.startswith('"')] == [
        '"mail" = "mail"', '"shop" = "shop"', '"stock" = "stock"', '"psp.example" = "psp_example"', '"kafka" = "kafka"',
    ]  # fmt: skip
