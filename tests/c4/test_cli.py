"""Command line: each command in a process of its own, with its output and exit code."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from c4.conftest import DIAGRAMS, Command
from c4.runs import CODE, mutated, valid_run
from checkout.c4.cli import make_app

pytestmark = pytest.mark.slow  # draws with PlantUML

Journal = Callable[..., Path]


def test_check_of_the_stores_diagrams_finds_nothing(diagrams: Command) -> None:
    done = diagrams("check", DIAGRAMS)

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "0 errors, 0 findings\n"


def test_findings_go_out_as_text_json_and_annotations(diagrams: Command, copied: Path) -> None:
    file = copied / "ordering.puml"
    file.write_text(file.read_text().replace("$index=14", "$index=16"))

    text, data, github = (diagrams("check", file, *more, cwd=copied) for more in ((), ("--json",), ("--github",)))

    assert [done.returncode for done in (text, data, github)] == [1, 1, 1]
    assert text.stdout.startswith("ordering.puml:39:1: error [step-gap] steps 14 to 15 missing before 16 shipments →")
    found = json.loads(data.stdout)
    assert (found["version"], found["findings"][0]["rule"], found["findings"][0]["line"]) == (1, "step-gap", 39)
    assert github.stdout.startswith("::error file=ordering.puml,line=39,col=1,title=step-gap::")


def test_check_compares_views_with_the_code_it_is_given(copied: Path) -> None:
    app = make_app(lambda: [code_arrow for code_arrow in CODE if code_arrow["message"] != "BookParcel"])

    done = CliRunner().invoke(app, ["check", str(copied / "ordering.puml")])

    assert done.exit_code == 1
    assert "[code-extra] the code has no 14 shipments → shipment_company" in done.stdout


def test_render_writes_pictures_and_check_finds_the_one_that_is_stale(diagrams: Command, copied: Path) -> None:
    for file in copied.glob("*.svg"):
        file.unlink()

    drawn = diagrams("render", copied, "--format", "svg,png")
    fresh = diagrams("render", "--check", copied)
    (copied / "context.svg").write_text("<svg/>")
    stale = diagrams("render", "--check", copied, cwd=copied)

    assert (drawn.returncode, fresh.returncode, stale.returncode) == (0, 0, 1)
    views = {file.stem for file in copied.glob("*.puml")} - {"model"}
    assert {file.stem for file in copied.glob("*.svg")} == {file.stem for file in copied.glob("*.png")} == views
    assert stale.stdout.startswith(
        "context.svg: the picture was not rendered by this toolkit; run: checkout diagrams render"
    )
    assert (copied / "ordering.svg").read_bytes() == (DIAGRAMS / "ordering.svg").read_bytes()


def test_picture_of_another_toolchain_is_exit_code_three(diagrams: Command, copied: Path) -> None:
    picture = copied / "context.svg"
    picture.write_text(picture.read_text().replace("jar-", "jar-0"))

    assert diagrams("render", "--check", copied).returncode == 3


def test_fix_makes_a_remote_include_bundled(diagrams: Command, tmp_path: Path) -> None:
    file = tmp_path / "view.puml"
    text = (
        "@startuml\n!include https://host/C4-PlantUML/x/C4_Context.puml\ntitle V\n"
        "System(a, A)\nSystem(b, B)\nRel(a, b, asks)\n@enduml\n"
    )
    file.write_text(text)

    before, fixing = diagrams("check", file), diagrams("check", "--fix", file)

    assert (before.returncode, fixing.returncode) == (1, 0)
    assert file.read_text() == text.replace("https://host/C4-PlantUML/x/C4_Context.puml", "<C4/C4_Context>")


def test_steps_are_listed_as_the_contract_has_them(diagrams: Command) -> None:
    data = json.loads(diagrams("steps", DIAGRAMS / "ordering.puml", "--json").stdout)

    assert len(data) == 17
    assert list(data[0]) == ["index", "from", "to", "label", "technology", "line", "svg_id"]


def test_several_diagrams_in_a_file_are_listed_by_name_or_one_is_named_behind_the_file(
    diagrams: Command, tmp_path: Path
) -> None:
    (tmp_path / "two.puml").write_text("@startuml one\na -> b : x\n@enduml\n@startuml two\nb -> c : y\n@enduml\n")

    named, all, unknown = (diagrams("steps", file) for file in ("two.puml#two", "two.puml", "two.puml#three"))

    assert named.stdout == "line   5    1  b → c: y\n"
    assert all.stdout == "one:\nline   2    1  a → b: x\ntwo:\nline   5    1  b → c: y\n"
    assert (unknown.returncode, "it holds one, two" in unknown.stderr) == (2, True)


def test_verify_prints_deviations_and_colours_them(diagrams: Command, journal: Journal, tmp_path: Path) -> None:
    good, bad = journal(), journal(mutated(valid_run("ordering", Random(1)), "missing", Random(1)), "bad.jsonl")
    view = DIAGRAMS / "ordering.puml"

    passed = diagrams("verify", view, "--journal", good)
    failed = diagrams("verify", view, "--journal", bad, "--picture", tmp_path / "out.svg", "--json")

    assert (passed.returncode, passed.stdout) == (0, "order-1: conforms, 17 arrows happened\n")
    assert failed.returncode == 1
    assert [each["kind"] for each in json.loads(failed.stdout)["orders"][0]["deviations"]] == ["missing"]
    assert "#D93025" in (tmp_path / "out.svg").read_text()


def test_verify_works_for_another_system(diagrams: Command, tmp_path: Path) -> None:
    (tmp_path / "till.puml").write_text(
        "@startuml\n!include <C4/C4_Dynamic>\nContainer(till, Till)\nContainer(bank, Bank)\n"
        'Rel(till, bank, "asks", "ISO 8583", $index=1)\nRel(bank, till, "agrees", "ISO 8583", $index=2)\n@enduml'
    )
    hop = (
        '{{"order": "7", "from": "{}", "to": "{}", "message": "{}", '
        '"technology": "ISO 8583", "at": "2026-01-01T10:00:0{}Z"}}\n'
    )
    (tmp_path / "run.jsonl").write_text(hop.format("till", "bank", "Ask", 1) + hop.format("bank", "till", "Agree", 2))

    done = diagrams("verify", "till.puml", "--journal", "run.jsonl")

    assert (done.returncode, done.stdout) == (0, "7: conforms, 2 arrows happened\n")


def test_draw_into_a_conforming_file_changes_nothing(diagrams: Command, journal: Journal, copied: Path) -> None:
    done = diagrams("draw", "--journal", journal(), "--into", copied / "ordering.puml")

    assert (done.returncode, "unchanged" in done.stderr) == (0, True)
    assert (copied / "ordering.puml").read_bytes() == (DIAGRAMS / "ordering.puml").read_bytes()


def test_cover_names_lines_and_fails_below_the_minimum(diagrams: Command, journal: Journal) -> None:
    view, runs = DIAGRAMS / "ordering.puml", journal("ordering-sold-out")

    low, enough = (diagrams("cover", view, "--journals", runs, "--min", least, cwd=DIAGRAMS) for least in (100, 25))

    assert (low.returncode, enough.returncode) == (1, 0)
    assert "ordering.puml:28: no run covers 5 stock → kafka [stock.order-products-reserved]\n" in low.stdout
    assert low.stdout.endswith("5 of 17 arrows, 29 %\n")


def test_diff_of_a_checkout_prints_and_colours_changes(diagrams: Command, copied: Path, tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", str(copied)]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "as it was"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    file = copied / "ordering.puml"
    file.write_text(
        file.read_text().replace('"SMTP", $index=14', '"Post", $index=14').replace("$index=13)", "$index=12)", 1)
    )

    same = diagrams("diff", "HEAD..HEAD", ".", cwd=copied)
    changed = diagrams("diff", "HEAD", ".", "--picture", tmp_path / "out", cwd=copied)
    unknown = diagrams("diff", "--", "-x", ".", cwd=copied)

    assert (same.returncode, changed.returncode, unknown.returncode) == (0, 1, 3)
    assert [line.split(":")[1].strip() for line in changed.stdout.splitlines()] == ["renumbered", "relabelled"]
    assert (tmp_path / "out" / "ordering-diff.svg").read_text().count("#B26A00") > 2


def test_story_is_a_frame_or_a_page(diagrams: Command, journal: Journal, tmp_path: Path) -> None:
    view = DIAGRAMS / "ordering.puml"

    frame = diagrams("story", view, "--step", 3)
    page = diagrams("story", view, "--journal", journal(), "--html", tmp_path / "story.html")
    neither = diagrams("story", view)

    assert (frame.returncode, page.returncode, neither.returncode) == (0, 0, 2)
    assert frame.stdout.startswith("<svg")
    assert "PaymentProcessed" in (tmp_path / "story.html").read_text()


def test_doctor_examines_every_part(diagrams: Command) -> None:
    done = diagrams("doctor")

    assert done.returncode == 0
    assert [line.split()[1].rstrip(":") for line in done.stdout.splitlines()] == [
        "Java", "PlantUML", "fonts", "C4", "profile", "cache",
    ]  # fmt: skip


def test_file_that_is_not_a_jar_is_exit_code_three(diagrams: Command) -> None:
    done = diagrams("check", DIAGRAMS, CHECKOUT_PLANTUML_JAR="/dev/null")

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("CHECKOUT_PLANTUML_JAR names /dev/null, which is not a jar")


def test_watch_redraws_what_an_include_changes_until_it_is_stopped(copied: Path, cache_home: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(DIAGRAMS.parent), "XDG_CACHE_HOME": str(cache_home)}
    command = [sys.executable, "-m", "checkout.c4", "render", "--watch", "."]
    with subprocess.Popen(command, cwd=copied, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "watching" not in process.stderr.readline():
            assert process.poll() is None
        model = copied / "model.puml"
        model.write_text(model.read_text().replace("Single entry point", "The window"))
        deadline = time.monotonic() + 30
        while ">window<" not in (copied / "ordering.svg").read_text() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.terminate()

    assert ">window<" in (copied / "ordering.svg").read_text(), "waited 30 s for the picture to be redrawn"
    assert process.returncode == 128 + signal.SIGTERM
