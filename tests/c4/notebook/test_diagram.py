"""Diagram: a diagram shows itself in a notebook, and its tables and reports say what the commands print."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec
import pytest
from c4.conftest import DIAGRAMS
from c4.runs import CODE, mutated, valid_run

from checkout.c4 import Diagram
from checkout.c4.findings import DiagramError, PreconditionError
from checkout.journal.hop import Hop

pytestmark = pytest.mark.slow  # draws with PlantUML

Journal = Callable[..., Path]
ORDERING = DIAGRAMS / "ordering.puml"


def test_a_diagram_is_a_line_of_text_and_a_picture_with_alternative_text() -> None:
    diagram = Diagram(ORDERING)

    title = "Ordering: the products are in stock and the payment succeeds"
    assert repr(diagram) == f"ordering: {title} (12 elements, 17 arrows)"
    assert diagram.alt == f"{title}. 12 elements, 17 arrows."
    assert diagram._repr_html_().startswith(f'<img alt="{diagram.alt}"')
    assert "<li>1. Web App to API Gateway: sends the order to (HTTP" in diagram._repr_html_()
    assert diagram.svg == (DIAGRAMS / "ordering.svg").read_text()


def test_arrows_and_elements_are_tables() -> None:
    diagram = Diagram(str(ORDERING))

    assert list(diagram.arrows.columns) == ["step", "from", "to", "label", "technology", "line"]
    assert list(diagram.arrows.iloc[3]) == ["4", "kafka", "stock", "reserve products", "order.new-order-received", 27]
    assert list(diagram.elements.columns) == ["alias", "label", "shape", "technology", "inside", "line"]
    assert list(diagram.elements.alias[:3]) == ["customer", "store", "web"]


def test_one_of_several_diagrams_is_named_behind_the_file(tmp_path: Path) -> None:
    file = tmp_path / "two.puml"
    file.write_text("@startuml one\na -> b : x\n@enduml\n@startuml two\nb -> c : y\n@enduml\n")

    assert list(Diagram(f"{file}#two").arrows.label) == ["y"]
    with pytest.raises(PreconditionError, match="name one of its diagrams as FILE#NAME"):
        Diagram(file)


def test_a_diagram_from_source_may_include_files_of_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DIAGRAMS)
    lines = ["@startuml", "!include <C4/C4_Container>", "!include model.puml", "$web()", "$gateway()", "@enduml"]

    diagram = Diagram.from_source("\n".join(lines))

    assert list(diagram.elements.label) == ["Web App", "API Gateway"]


def test_an_error_names_its_line_and_renders_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "broken.puml"
    file.write_text("@startuml\na -> b\nfoo bar baz\n@enduml")

    with pytest.raises(DiagramError, match=r"^broken.puml:3:1: error \[syntax\]") as raised:
        Diagram(file)

    assert raised.value._render_traceback_() == [f"DiagramError: {raised.value}"]


@pytest.mark.parametrize("source", ["no diagram here", "@startuml\na->b\n@enduml\n@startuml\na->b\n@enduml"])
def test_a_source_is_one_diagram(source: str) -> None:
    with pytest.raises(DiagramError, match="source:1:1: error"):
        Diagram.from_source(source)


def test_check_finds_what_the_command_finds(copied: Path) -> None:
    file = copied / "ordering.puml"
    sound = Diagram(file).check(CODE)
    file.write_text(file.read_text().replace('"order.process-order-payment", $index=8', '"HTTP", $index=8'))

    findings = Diagram(file).check(CODE)

    assert (repr(sound), len(sound)) == ("no findings", 0)
    assert {finding.rule for finding in findings} == {"not-published", "view-technology", "code-topic"}
    assert all(line.startswith(("ordering.puml:31:", "    ")) for line in repr(findings).split("\n"))


def test_check_of_a_container_view_compares_it_with_dynamic_views(copied: Path) -> None:
    file = copied / "containers.puml"
    file.write_text(re.sub('payments, "delivers to", .*', 'payments, "delivers to", "HTTP")', file.read_text()))

    found = Diagram(file).check()

    views = {view.name for view in DIAGRAMS.glob("ordering*.puml")} - {"ordering-sold-out.puml"}
    assert {(finding.file, finding.rule) for finding in found} == {(view, "view-technology") for view in views}


def test_verify_of_a_journal_file_prints_what_the_command_prints(journal: Journal) -> None:
    conformance = Diagram(ORDERING).verify(journal())

    assert repr(conformance) == "order-1: conforms, 17 arrows happened"
    assert (conformance.conforms, conformance.deviations) == (True, [])
    assert "<pre>order-1: conforms" in (conformance._repr_html_() or "")


def test_verify_takes_the_hops_of_a_lab_and_colours_what_is_missing() -> None:
    run = mutated(valid_run("ordering", Random(1)), "missing", Random(1))
    hops = [msgspec.json.decode(json.dumps(hop), type=Hop) for hop in run]

    conformance = Diagram(ORDERING).verify(hops, order="order-1")

    assert not conformance.conforms
    assert [str(each.kind) for each in conformance.deviations] == ["missing"]
    assert repr(conformance).split("\n")[1].startswith("  missing: ordering.puml:")
    assert conformance.picture is not None and "#D93025" in conformance.picture.svg


def test_redelivery_can_be_allowed() -> None:
    run, diagram = mutated(valid_run("ordering", Random(1)), "redelivered", Random(1)), Diagram(ORDERING)

    assert [diagram.verify(run, allow_redelivery=allowed).conforms for allowed in (False, True)] == [False, True]


def test_a_journal_without_hops_is_an_error() -> None:
    with pytest.raises(PreconditionError, match="no hops: run an order first"):
        Diagram(ORDERING).verify([])


def test_coverage_of_a_journal_lists_what_it_does_not_reach(journal: Journal) -> None:
    coverage = Diagram(ORDERING).coverage(journal("ordering-sold-out"))

    assert round(coverage.percent) == 29
    assert repr(coverage).startswith("ordering.puml:28: no run covers 5 stock → kafka")
    assert repr(coverage).endswith("5 of 17 arrows, 29 %")


def test_a_story_frame_is_described_in_words() -> None:
    frame = Diagram(ORDERING).story_frame(8)

    assert "#E8710A" in frame.svg
    assert repr(frame).endswith(
        "step 8 of 14\n  Message Broker to Payments: process payment (order.process-order-payment)"
    )


def test_one_warm_process_serves_a_kernel_and_ends_with_it(tmp_path: Path) -> None:
    program = (
        "from checkout.c4 import Diagram\n"
        "from checkout.c4.notebook import diagram\n"
        "for label in 'xy':\n"
        "    made = Diagram.from_source('@startuml\\na -> b : ' + label + '\\n@enduml')\n"
        "[renderer] = diagram._renderers.values()\n"
        "print(*sorted(each.process.pid for each in renderer.pool.processes.values()))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(DIAGRAMS.parent), "XDG_CACHE_HOME": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )

    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2  # one for pictures, one for preprocessing
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_the_package_loads_no_notebook_library_before_it_is_used() -> None:
    libraries = "{'pandas', 'IPython', 'msgspec'}"
    program = f"import sys, checkout.c4, checkout.c4.cli; print(*sorted({libraries} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(DIAGRAMS.parent)}

    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout == "\n"


def test_a_coloured_picture_has_a_key() -> None:
    diagram, run = Diagram(ORDERING), mutated(valid_run("ordering", Random(1)), "missing", Random(1))

    shown = [diagram.verify(run)._repr_html_() or "", diagram.story_frame(8)._repr_html_()]

    assert shown[0].endswith("<p>Green: happened as drawn. Red, dashed: never happened. Purple: too early. "
                             "Orange: more than once. Orange, dotted: happened, and is not drawn.</p>")  # fmt: skip
    assert shown[1].endswith("<p>Orange and thick: this step. Green: an earlier step. Pale: a later step.</p>")
    assert "<p>" not in diagram._repr_html_()
