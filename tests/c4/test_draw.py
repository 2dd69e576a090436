"""Draw: the view of a run; an updated file differs only in the arrows that differ."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from c4.conftest import Draw
from c4.runs import VIEWS, valid_run
from checkout.c4.checks.verify import verify_orders
from checkout.c4.draw import new_source, observe_arrows, update_source
from checkout.c4.findings import DiagramError, PreconditionError
from checkout.c4.journal import parse_hops

pytestmark = pytest.mark.slow  # draws with PlantUML


def ran(run: list[dict[str, Any]]) -> list[Any]:
    return observe_arrows([parse_hops(run)])


@pytest.mark.parametrize("name", VIEWS)
def test_run_of_the_unchanged_system_leaves_the_file_byte_for_byte(draw: Draw, copied: Path, name: str) -> None:
    file = copied / f"{name}.puml"
    drawing = draw(file=file).drawing

    text = update_source(drawing, ran(valid_run(name, Random(1))))

    assert text.encode() == file.read_bytes()


@pytest.mark.parametrize("name", VIEWS)
def test_steps_that_a_journal_lacks_follow_from_causes(name: str) -> None:
    for seed in range(50):
        run = [hop | {"step": None} for hop in valid_run(name, Random(seed))]

        arrows = ran(run)

        assert [(arrow.step, *arrow.key) for arrow in arrows] == [
            (step, source, target, technology)
            for step, source, target, _, technology, _ in sorted(VIEWS[name], key=_by(arrows))
        ]


def _by(arrows: list[Any]) -> Callable[[Any], tuple[int, int]]:
    order = [arrow.key for arrow in arrows]
    return lambda row: (row[0], order.index((row[1], row[2], row[4])))


def test_renumbered_new_and_vanished_arrows_are_the_only_lines_that_change(draw: Draw, copied: Path) -> None:
    file = copied / "ordering.puml"
    before = file.read_text().split("\n")
    run = [hop for hop in valid_run("ordering", Random(1)) if hop["to"] != "shipment_company"]
    next(hop for hop in run if hop["step"] == 12)["step"] = 11
    run.append(
        run[0]
        | {
            "step": 15,
            "from": "orders",
            "to": "web",
            "message": "OrderDone",
            "technology": "SSE",
            "at": "2026-01-01T11:00:00Z",
        }
    )

    after = update_source(draw(file=file).drawing, ran(run)).split("\n")

    assert [line for line in before if line not in after] == [
        'Rel(orders, kafka, "publishes the approved order to", "order.new-order-approved", $index=12)',
        'Rel(shipments, shipment_company, "books a parcel with", "HTTP, POST /parcels", $index=14)',
    ]
    assert [line for line in after if line not in before] == [
        'Rel(orders, kafka, "publishes the approved order to", "order.new-order-approved", $index=11)',
        'Rel(orders, web, "order done", "SSE", $index=15)',
    ]


def test_line_that_draws_several_arrows_is_not_edited(draw: Draw, tmp_path: Path) -> None:
    file = tmp_path / "drawn.puml"
    draw(
        'Container(web, "W")', 'Container(gateway, "G")', "!procedure $both()", 'Rel(web, gateway, "a", "X", $index=1)',
        'Rel(gateway, web, "b", "Y", $index=2)', "!endprocedure", "$both()",
    )  # fmt: skip

    with pytest.raises(DiagramError, match="change it by hand"):
        update_source(draw(file=file).drawing, ran(valid_run("ordering", Random(1))))


@pytest.mark.parametrize("name", VIEWS)
def test_run_conforms_to_the_view_drawn_from_it(draw: Draw, tmp_path: Path, name: str) -> None:
    file = tmp_path / "anew.puml"
    run = valid_run(name, Random(2))

    file.write_text(new_source(ran(run)))

    result = verify_orders(draw(file=file).drawing, {"order-1": parse_hops(run)})[0]
    assert result.conforms
    assert len(result.hops) == len(VIEWS[name])


def test_names_from_a_journal_cannot_become_lines_of_plantuml(draw: Draw, tmp_path: Path) -> None:
    run = valid_run("ordering", Random(1))
    run[0] |= {"from": "web\n!include /etc/passwd", "message": 'Say"\nnote as N', "technology": 'x")\n!theme y'}
    file = tmp_path / "anew.puml"

    file.write_text(new_source(ran(run)))

    assert not [line for line in file.read_text().split("\n") if line.startswith(("note", "!theme", "!include /"))]
    assert len(draw(file=file).drawing.arrows) == 17


def test_names_from_a_journal_are_no_expressions_of_the_preprocessor(draw: Draw, tmp_path: Path) -> None:
    run = valid_run("ordering", Random(1))
    run[0] |= {"message": "say %date() Rel(a, b) 100% $cost"}
    file = tmp_path / "anew.puml"

    file.write_text(new_source(ran(run)))

    labels = [arrow.label for arrow in draw(file=file).drawing.arrows]
    assert "say % date () Rel (a, b) 100% $ cost" in labels


def test_a_technology_that_plantuml_would_change_is_refused() -> None:
    run = valid_run("ordering", Random(1))
    run[0]["technology"] = "HTTP, GET /%getenv(HOME)"

    with pytest.raises(PreconditionError, match=r"would change the technology .*: give it another text"):
        new_source(ran(run))
