"""Report command: from diagrams and trace files to a page and its data, and the exit codes."""

import json
from pathlib import Path

import pytest
from c4.report.conftest import Report
from c4.report.story_spans import CANCEL, SELL, otlp, repeated, source
from c4.report.test_page import Outline

pytestmark = pytest.mark.slow  # draws with PlantUML


def test_a_report_has_verdicts_coverage_and_latency_of_each_view(folder: Path, report: Report) -> None:
    code, printed = report("--json", "report.json")

    assert (code, printed.splitlines()) == (1, [
        "sell: 20 conform, 2 deviate, 0 cannot be judged",
        "cancel: 0 conform, 3 deviate, 0 cannot be judged",
        "2 stories belong to no drawing",
    ])  # fmt: skip
    sell, cancel = json.loads(Path("report.json").read_text())["views"]
    assert [(each["kind"], each["stories"]) for each in cancel["deviations"]] == [("missing", 3)]
    assert [(each["kind"], each["stories"], each["place"]) for each in sell["deviations"]] == [
        ("extra", 2, "views.puml:3"),
    ]  # fmt: skip
    assert [arrow["stories"] for arrow in cancel["arrows"]] == [3, 3, 0]
    assert [arrow["spans"] for arrow in sell["arrows"]] == [22] * 5
    outline = Outline(Path("out.html").read_text())
    assert {name: count for name, count in outline.ids.items() if count > 1} == {}
    assert outline.names["script"] == 0 and outline.names["figure"] == 4


def test_a_second_report_shows_what_changed(folder: Path, report: Report) -> None:
    report("--json", "first.json")
    (folder / "traces.jsonl").write_text(otlp([*repeated(20, SELL, length=30), *repeated(3, CANCEL, 30)]))

    code, _ = report("--json", "second.json", "--since", "first.json")

    assert code == 0
    changes = json.loads(Path("second.json").read_text())["changes"]
    assert [(change["kind"], change["view"]) for change in changes if change["kind"] != "slower"] == [
        ("gone undrawn arrow", "How we sell"),
        ("gone deviation", "How we &cancel"),
        ("now covered", "How we &cancel"),
    ]
    assert len([change for change in changes if change["kind"] == "slower"]) == 5
    assert "Changes since" in Path("out.html").read_text()


def test_accepted_deviations_do_not_fail_a_report(folder: Path, report: Report) -> None:
    table = '[[deviation]]\ndiagram = "cancel"\nkind = "missing"\nfrom = "kafka"\nto = "mail"\n'
    Path("known.toml").write_text(table + 'technology = "order.cancelled"\nreason = "ticket 7"\nuntil = 2999-12-31\n')

    code, printed = report("--baseline", "known.toml", files="views.puml#cancel")

    assert (code, printed.splitlines()[0]) == (0, "cancel: 3 conform, 0 deviate, 0 cannot be judged")
    assert "accepted: ticket 7 (until 2999-12-31)" in Path("out.html").read_text()


@pytest.mark.parametrize(
    ("content", "more", "code", "message"),
    [
        ("", (), 3, "there are no spans in traces.jsonl"),
        ("{", (), 3, "traces.jsonl ends in the middle of a JSON value"),
        (None, ("--json", "gone/report.json"), 2, "gone: there is no such folder"),
        (None, ("--since", "gone.json"), 2, "gone.json: No such file or directory"),
        (None, ("--since", "views.puml"), 2, "views.puml is no report"),
        (None, ("--map", "gone.toml"), 2, "gone.toml: No such file or directory"),
        (None, ("--define", "1"), 2, "is not NAME=VALUE"),
        (None, ("--baseline", "views.puml"), 2, "views.puml is no TOML"),
    ],
)
def test_bad_input_is_explained(
    content: str | None, more: tuple[str, ...], code: int, message: str, folder: Path, report: Report
) -> None:
    if content is not None:
        (folder / "traces.jsonl").write_text(content)

    exit_code, printed = report(*more)

    assert (exit_code, message in printed) == (code, True), printed
    assert not Path("out.html").exists()


def test_diagrams_without_steps_cannot_be_judged(folder: Path, report: Report) -> None:
    Path("context.puml").write_text('@startuml\n!include <C4/C4_Context>\nSystem(a, "A")\n@enduml\n')

    code, printed = report(files="context.puml")

    assert (code, printed) == (3, "none of the diagrams (context) has numbered arrows: name a dynamic view\n")


def test_a_sequence_diagram_is_shown_without_colours(folder: Path, report: Report) -> None:
    Path("sequence.puml").write_text(source(SELL[:1], "sold").replace("C4_Dynamic", "C4_Sequence"))
    Path("traces.jsonl").write_text(otlp(repeated(3, SELL[:1])))

    code, printed = report(files="sequence.puml")

    assert (code, printed) == (0, "sold: 3 conform, 0 deviate, 0 cannot be judged\n")
    assert "The picture of a sequence diagram cannot be coloured" in Path("out.html").read_text()
