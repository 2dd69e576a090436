"""Verify command: its outputs, baseline and exit codes, in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from checkout.c4.cli import app

pytestmark = pytest.mark.slow  # draws with PlantUML

VIEW = """@startuml shop
!include <C4/C4_Dynamic>
title Shopping
Container(web, "Web")
Container(shop, "Shop")
Container(bank, "Bank")
Rel(web, shop, "orders from", "HTTP", $index=1)
Rel(shop, bank, "pays at", "HTTP", $index=2)
@enduml
"""
CALLS = [("web", "shop", "HTTP"), ("shop", "bank", "HTTP")]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `verify` on the view and a journal of calls, in a folder of its own."""

    def run(*options: str, calls: list[tuple[str, str, str]] | None = None) -> Result:
        hops = [_line(number, *call) for number, call in enumerate(CALLS if calls is None else calls)]
        (tmp_path / "run.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in hops))
        return CliRunner().invoke(app, ["verify", "shop.puml", "--journal", "run.jsonl", *options])

    (tmp_path / "shop.puml").write_text(VIEW)
    monkeypatch.chdir(tmp_path)
    return run


def _line(number: int, sender: str, to: str, technology: str) -> dict[str, Any]:
    fields = {"id": str(number), "cause_id": str(number - 1) if number else None, "order": "t1", "message": "POST"}
    return fields | {"from": sender, "to": to, "technology": technology, "at": f"2026-01-01T10:00:0{number}Z"}


def test_conforming_run_is_code_zero_and_a_deviating_one_code_one(run: Run) -> None:
    good, bad = run(), run(calls=CALLS[:1])

    assert (good.exit_code, good.stdout) == (0, "t1: conforms, 2 arrows happened\n")
    assert (bad.exit_code, bad.stdout.split("\n")[1]) == (
        1, "  missing: shop.puml:8: never happened: 2 shop → bank [HTTP]",
    )  # fmt: skip


def test_run_of_which_nothing_can_be_judged_is_code_three(run: Run) -> None:
    assert run(calls=[("till", "printer", "HTTP")]).exit_code == 3
    assert run(calls=[("shop", "web", "HTTP")]).exit_code == 3
    assert run("--allow-gaps", calls=[("shop", "web", "HTTP")]).exit_code == 0


def test_undrawn_call_has_a_remedy_in_an_annotation(run: Run) -> None:
    done = run("--github", calls=[*CALLS, ("bank", "spy", "gRPC")])

    message = "is not drawn: bank → spy [gRPC], operation POST; in t1: draw it"
    assert done.exit_code == 1
    assert done.stdout == f"::error file=shop.puml,line=3,col=1,title=verify-extra::{message}\n"


@pytest.mark.parametrize(
    ("option", "start"),
    [
        ("--json", "{"),
        ("--github", "::error file=shop.puml,line=8"),
        ("--sarif -", "{"),
        ("--markdown -", "### Shopping"),
    ],
)
def test_one_form_is_printed_and_nothing_else(run: Run, option: str, start: str) -> None:
    done = run(*option.split(), calls=CALLS[:1])

    assert done.exit_code == 1
    assert done.stdout.startswith(start)
    assert "deviates, 1 arrows" not in done.stdout


def test_two_printed_forms_are_wrong_usage(run: Run) -> None:
    assert run("--json", "--sarif", "-").exit_code == 2


def test_files_are_written_beside_the_text(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    options = ("--sarif", "v.sarif", "--markdown", "out/v.markdown", "--picture", "out/v.svg")

    done = run(*options, calls=[CALLS[0], ("shop", "bank", "gRPC")])

    assert done.stdout.startswith("t1: deviates")
    (found,) = json.loads((tmp_path / "v.sarif").read_text())["runs"][0]["results"]
    assert found["ruleId"] == "verify-wrong-technology"
    assert "(<v.svg>)" in (tmp_path / "out" / "v.markdown").read_text()
    assert "#B26A00" in (tmp_path / "out" / "v.svg").read_text()


def test_written_baseline_is_refused_without_reasons_and_accepted_with_them(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "accepted.toml"

    written = run("--write-baseline", "accepted.toml", calls=CALLS[:1])
    refused = run("--baseline", "accepted.toml", calls=CALLS[:1])
    file.write_text(file.read_text().replace('reason = ""', 'reason = "no test account"'))
    accepted, stale = run("--baseline", "accepted.toml", calls=CALLS[:1]), run("--baseline", "accepted.toml")

    assert (written.exit_code, refused.exit_code, accepted.exit_code, stale.exit_code) == (1, 2, 0, 0)
    assert "accepted.toml:3: the reason is empty" in refused.stderr
    assert "accepted: no test account (until " in accepted.stdout
    assert "accepted.toml:3: missing shop → bank [HTTP] matches no deviation: remove the entry" in stale.stderr


def test_baseline_that_is_not_there_is_code_two(run: Run) -> None:
    assert run("--baseline", "gone.toml").exit_code == 2


def test_check_writes_sarif_of_its_findings(tmp_path: Path) -> None:
    view = tmp_path / "view.puml"
    view.write_text(VIEW.replace("$index=2", "$index=4"))

    printed = CliRunner().invoke(app, ["check", str(view), "--sarif", "-"])
    written = CliRunner().invoke(app, ["check", str(view), "--sarif", str(tmp_path / "c.sarif")])

    (found,) = json.loads(printed.stdout)["runs"][0]["results"]
    assert (printed.exit_code, found["ruleId"]) == (1, "step-gap")
    assert json.loads((tmp_path / "c.sarif").read_text()) == json.loads(printed.stdout)
    assert "error [step-gap]" in written.stdout
