"""Assignment: an order belongs to the view to which it conforms, or of which it deviates least."""

import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from c4.traced_runs import arrow, drawing, hop
from typer.testing import CliRunner

from checkout.c4.checks.conformance.assignment import assign_orders
from checkout.c4.checks.conformance.summary import summarize
from checkout.c4.checks.verify import verify_orders
from checkout.c4.cli import make_app
from checkout.c4.render.renderer import Renderer
from checkout.c4.source.diagrams import find_diagrams

SOLD = drawing(arrow(1, "web", "shop"), arrow(2, "shop", "bank"), arrow(3, "shop", "mail"))
REFUSED = drawing(arrow(1, "web", "shop"), arrow(2, "shop", "mail"))
ORDERS = {
    "sold": [hop("1", "web", "shop"), hop("2", "shop", "bank", cause="1"), hop("3", "shop", "mail", cause="2")],
    "refused": [hop("1", "web", "shop"), hop("2", "shop", "mail", cause="1")],
    "silent": [hop("1", "web", "shop"), hop("2", "shop", "bank", cause="1")],
    "other": [hop("1", "shop", "web")],
}  # fmt: skip


def test_order_belongs_to_the_view_to_which_it_conforms_or_to_the_nearest() -> None:
    found = assign_orders([verify_orders(view, ORDERS) for view in (REFUSED, SOLD)])

    assert [[result.order for result in results] for results in found] == [["refused", "other"], ["sold", "silent"]]


@pytest.mark.slow
def test_verify_of_a_file_with_several_views_reports_each(
    renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    views = {"sold": "web -> shop\nshop -> bank\nshop -> mail", "refused": "web -> shop\nshop -> mail"}
    views["paid"] = "till -> bank"
    Path("views.puml").write_text("".join(f"@startuml {name}\n{view}\n@enduml\n" for name, view in views.items()))
    hops = [
        {"order": name, "from": source, "to": to, "message": "M", "technology": "", "at": f"2026-01-01T10:00:0{n}Z"}
        for name, calls in {"7": ("shop", "bank", "mail"), "8": ("shop", "mail"), "9": ("shop",)}.items()
        for n, (source, to) in enumerate(zip(("web", "shop", "shop"), calls, strict=False))
    ]
    Path("run.jsonl").write_text("".join(json.dumps(each) + "\n" for each in hops))
    for diagram in find_diagrams("views.puml"):
        renderer.render(diagram)

    text, data, one = (
        CliRunner().invoke(make_app(), ["verify", file, "--journal", "run.jsonl", *more])
        for file, more in (("views.puml", ()), ("views.puml", ("--json",)), ("views.puml#sold", ("--order", "7")))
    )

    assert [done.exit_code for done in (text, data, one)] == [1, 1, 0]
    assert [line.split(",")[0] for line in text.stdout.splitlines() if line[0] not in " m"] == [
        "sold:", "7: conforms", "refused:", "8: conforms", "9: deviates",
    ]  # fmt: skip
    assert "paid is not judged: " in text.stderr
    assert {each["diagram"]: each["summary"]["orders"] for each in json.loads(data.stdout)} == {"sold": 1, "refused": 2}


def test_problems_are_left_out_where_all_orders_of_a_view_conform() -> None:
    gaps = Mock(problems=["service \"ledger\" is no element"])

    kept, dropped = (
        summarize(verify_orders(SOLD, {name: ORDERS[name]}), gaps).without_needless_problems().problems
        for name in ("silent", "sold")
    )

    assert (len(kept), dropped) == (1, ())
