"""Summary: three answers per arrow, many orders at once, and the reports as text, JSON, annotations and Markdown."""

import json
from collections.abc import Sequence

import pytest
from c4.traced_runs import arrow, drawing, hop

from checkout.c4.checks.conformance.reports import as_json, as_markdown, as_results, as_text
from checkout.c4.checks.conformance.results import Verdict
from checkout.c4.checks.conformance.summary import Summary, summarize
from checkout.c4.checks.sarif import as_sarif
from checkout.c4.checks.verify import verify_orders
from checkout.c4.findings import Finding, as_github
from checkout.c4.source.arrows import Arrow
from checkout.journal.hop import Hop

SHOP = drawing(arrow(1, "web", "shop"), arrow(2, "shop", "stock"), arrow(3, "shop", "bank"))


class Untraced:
    """Gaps of a recording without spans of some services in some orders."""

    problems: Sequence[str] = ['service "member-api" is no element']

    def __init__(self, **services: str) -> None:
        self._services = services

    def reason(self, order: str, arrow: Arrow) -> str:
        return f"no span of {arrow.source} is in the file" if self._services.get(order) == arrow.source else ""

    def is_unseen(self, order: str, arrow: Arrow) -> bool:
        return False

    def order_reason(self, order: str) -> str:
        return ""


def run(order: str, *targets: str) -> list[Hop]:
    """The customer's call, and calls of the shop."""
    calls = [hop(str(number), "shop", to, cause="1", order=order) for number, to in enumerate(targets, 2)]
    return [hop("1", "web", "shop", order=order), *calls]


def summary_of(*orders: list[Hop], gaps: Untraced | None = None) -> Summary:
    named = {hops[0].order or "": hops for hops in orders}
    return summarize(verify_orders(SHOP, named, gaps=gaps), gaps)


def many() -> list[list[Hop]]:
    """Ten orders: t0 and t1 lack the bank, t2 calls something undrawn twice."""
    good = [run(f"t{number}", "stock", "bank") for number in range(3, 10)]
    return [run("t0", "stock"), run("t1", "stock"), run("t2", "stock", "bank", "spy", "spy"), *good]


def test_absent_arrow_with_a_gap_cannot_be_judged_and_one_without_never_happened() -> None:
    orders = [run("t0", "stock"), run("t1", "stock")]

    unknown, missing = summary_of(*orders, gaps=Untraced(t0="shop")).results

    assert (unknown.verdict, unknown.deviations) == (Verdict.UNJUDGED, ())
    assert str(unknown.unjudged[0]) == (
        "cannot be judged: view.puml:5: 3 shop → bank [HTTP]: no span of shop is in the file"
    )
    assert (missing.verdict, missing.unjudged) == (Verdict.DEVIATES, ())


def test_order_with_a_deviation_and_a_gap_deviates() -> None:
    gaps = Untraced(t0="shop")

    result = summary_of(run("t0", "stock", "spy"), gaps=gaps).results[0]

    assert (result.verdict, len(result.unjudged)) == (Verdict.DEVIATES, 1)


@pytest.mark.parametrize(
    ("targets", "service", "codes"),
    [
        (("stock", "bank"), "", (0, 0)),
        (("stock",), "", (1, 1)),
        (("stock",), "shop", (3, 0)),
        (("spy",), "shop", (1, 1)),
    ],
)
def test_exit_codes(targets: tuple[str, ...], service: str, codes: tuple[int, int]) -> None:
    summary = summary_of(run("t0", *targets), gaps=Untraced(t0=service))

    assert (summary.exit_code(), summary.exit_code(allow_gaps=True)) == codes


def test_summary_has_each_distinct_deviation_once_with_its_count_and_an_example() -> None:
    text = str(summary_of(*many()))

    assert text.split("\n") == [
        "10 orders: 7 conform, 3 deviate, 0 cannot be judged",
        "missing: view.puml:5: never happened: 3 shop → bank [HTTP]; in 2 of 10 orders, such as t0",
        "extra: is not drawn: POST shop → spy [HTTP] at 2026-01-01T10:00:04+00:00, 2 times; "
        "in 1 of 10 orders, such as t2",
    ]


def test_few_orders_are_printed_one_by_one_and_many_as_a_summary() -> None:
    few, lots = as_text(summary_of(*many()[:2])), as_text(summary_of(*many()))

    assert few.startswith("t0: deviates, 2 arrows happened\n  missing: ")
    assert lots.startswith("10 orders: ")


def test_undrawn_call_of_a_trace_has_operation_number_span_trace_and_remedy() -> None:
    spies = [hop(f"07af:9c1e:{number}", "shop", "spy", cause="1", order="t0") for number in (1, 2)]

    lines = as_text(summary_of([*run("t0", "stock", "bank"), *spies], gaps=Untraced())).split("\n")

    remedy = "draw it, or add it to [ignore] in traces.toml"
    assert lines[1:] == [
        f"  extra: is not drawn: shop → spy [HTTP], operation POST, 2 times, span 9c1e of trace 07af: {remedy}",
        'service "member-api" is no element',
    ]
    assert "operation POST" not in as_text(summary_of(*many()))


def test_equal_undrawn_hops_without_ids_are_one_deviation_of_the_summary() -> None:
    spies = [hop(None, "shop", "spy", order="t0") for _ in range(3)]

    (found,) = summary_of([*run("t0", "stock", "bank"), *spies]).deviations

    assert (found.orders, found.hops) == (1, 3)


def test_json_is_one_object_with_a_version() -> None:
    data = json.loads(as_json(summary_of(*many(), gaps=Untraced(t0="shop")), SHOP, ["a warning"]))

    assert list(data) == [
        "version", "diagram", "summary", "arrows", "deviations", "gaps", "problems", "others", "baseline", "orders",
    ]  # fmt: skip
    answers = [(each["index"], each["happened"], each["never"], each["unjudged"]) for each in data["arrows"]]
    assert answers == [(1, 10, 0, 0), (2, 10, 0, 0), (3, 8, 1, 1)]
    assert data["summary"] == {"orders": 10, "conforms": 7, "deviates": 2, "cannot be judged": 1, "other stories": 0}
    assert [(each["kind"], each["orders"], each["count"]) for each in data["deviations"]] == [
        ("missing", 1, 1), ("extra", 1, 2),
    ]  # fmt: skip
    assert data["gaps"] == [{"line": 5, "reason": "no span of shop is in the file", "order": "t0", "orders": 1}]
    assert [order["verdict"] for order in data["orders"][:3]] == ["cannot be judged", "deviates", "deviates"]
    assert data["baseline"] == ["a warning"]


def test_annotations_are_at_the_arrow_and_undrawn_hops_at_the_title() -> None:
    found = as_results(summary_of(*many(), gaps=Untraced(t0="shop")), SHOP)

    lines = as_github(each.finding for each in found).split("\n")

    assert [line.split("::")[1] for line in lines] == [
        "error file=view.puml,line=5,col=1,title=verify-missing",
        "error file=view.puml,line=2,col=1,title=verify-extra",
        "warning file=view.puml,line=5,col=1,title=verify-cannot-be-judged",
    ]


def test_undrawn_hop_between_connected_elements_is_at_their_first_arrow() -> None:
    hops = [*run("t0", "stock", "bank"), hop("9", "shop", "stock", "gRPC", "1", order="t0")]

    assert as_results(summary_of(hops), SHOP)[0].finding.line == 4


def test_markdown_has_verdicts_tables_and_the_picture() -> None:
    text = as_markdown(summary_of(*many(), gaps=Untraced(t0="shop")), SHOP, "out/view.svg")

    assert text.startswith("### A view\n\n10 traces: **7 conform, 2 deviate, 1 cannot be judged**.\n")
    assert "| missing: never happened: 3 shop → bank \\[HTTP\\] | view.puml:5 | 1 | t1 |\n" in text
    assert "| 3 shop → bank \\[HTTP\\] | no span of shop is in the file | 1 | t0 |\n" in text
    assert '- service "member-api" is no element\n' in text
    assert text.endswith("![A view, coloured by conformance](<out/view.svg>)\n")


def test_control_characters_of_a_trace_are_in_no_report() -> None:
    names = "\x1b\x9b\x7f\u2028"
    spy = hop(f"a:{names}", "shop", names, names, "1", message=names, order=names)
    summary = summary_of([*run(names, "stock", "bank"), spy], gaps=Untraced())

    texts = [as_text(summary), str(summary), as_json(summary, SHOP), as_markdown(summary, SHOP)]
    texts.append(as_sarif(as_results(summary, SHOP), "verify"))

    assert [text for text in texts if set(text) & set(names)] == []
    assert json.loads(texts[2])["deviations"][0]["hop"]["to"] == names


def test_names_of_a_trace_are_no_markup() -> None:
    spy = hop("9", "shop", "<img src=x>|", cause="1", message="[x](javascript:y)", order="t0")

    text = as_markdown(summary_of([*run("t0", "stock", "bank"), spy]), SHOP)

    assert "<img" not in text and "&lt;img src=x&gt;\\|" in text
    assert "[x](" not in text


def test_a_file_name_is_no_command_of_the_workflow() -> None:
    found = Finding("a\n::add-mask::1,b.puml", 1, 1, "missing", "never happened", "correct it")

    assert as_github([found]).startswith("::error file=a%0A%3A%3Aadd-mask%3A%3A1%2Cb.puml,line=1,")
