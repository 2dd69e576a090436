"""SARIF: logs are valid by the schema of SARIF 2.1.0, and results keep their identity when lines move."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from c4.traced_runs import arrow, drawing, hop

from checkout.c4.checks.conformance.reports import as_results
from checkout.c4.checks.conformance.results import DeviationKind, OrderResult
from checkout.c4.checks.conformance.summary import summarize
from checkout.c4.checks.rules import RULES
from checkout.c4.checks.sarif import as_sarif, result_of
from checkout.c4.checks.verify import verify_orders
from checkout.c4.findings import Finding
from checkout.c4.source.arrows import Drawing

SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0.json").read_text(encoding="utf-8"))
SHOP = drawing(
    arrow(1, "web", "shop"), arrow(2, "shop", "stock"), arrow(3, "shop", "bank"), arrow(4, "bank", "mail"),
    arrow(5, "shop", "mail"),
)  # fmt: skip
HOPS = [
    hop("1", "web", "shop"), hop("2", "shop", "stock", "gRPC", "1"), hop("3", "shop", "spy", cause="1"),
    hop("4", "shop", "mail", cause="1", replica="shop-1"), hop("5", "shop", "bank", cause="1", replica="shop-1"),
]  # fmt: skip
FINDING = Finding("diagrams/a b.puml", 7, 3, "duplicate-alias", "x is declared again, after line 4", "remove it")


def checked(text: str) -> dict[str, Any]:
    """The run of a log that the schema accepts."""
    log = json.loads(text)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return run  # type: ignore[no-any-return]


def results_of(view: Drawing) -> list[OrderResult]:
    return verify_orders(view, {"t1": HOPS})


def moved(view: Drawing, lines: int) -> Drawing:
    """The same view with its arrows further down."""
    arrows = [replace(each, line=replace(each.line, number=each.line.number + lines)) for each in view.arrows]
    return replace(view, arrows=tuple(arrows))


def sarif_of(view: Drawing) -> dict[str, Any]:
    return checked(as_sarif(as_results(summarize(results_of(view)), view), f"verify/{view.name}"))


def test_schema_refuses_what_is_no_log() -> None:
    with pytest.raises(jsonschema.ValidationError):
        checked('{"version": "2.1.0", "runs": [{"tool": {"driver": {}}, "results": []}]}')


def test_log_has_a_result_for_each_deviation_at_the_line_of_its_arrow() -> None:
    run = sarif_of(SHOP)

    found = [(each["ruleId"], each["locations"][0]["physicalLocation"]) for each in run["results"]]
    assert [(rule, place["region"]["startLine"]) for rule, place in found] == [
        ("verify-extra", 2), ("verify-wrong-technology", 4), ("verify-missing", 6), ("verify-too-early", 7),
    ]  # fmt: skip
    assert {place["artifactLocation"]["uri"] for _, place in found} == {"view.puml"}
    assert run["automationDetails"] == {"id": "verify/view/"}


def test_rules_have_help_and_results_refer_to_them() -> None:
    run = sarif_of(SHOP)

    rules = run["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in run["results"]] == [each["ruleId"] for each in run["results"]]
    assert all(rule["help"]["text"].startswith(rule["shortDescription"]["text"]) for rule in rules)


def test_every_kind_of_deviation_has_a_rule() -> None:
    assert {f"verify-{kind.replace(' ', '-')}" for kind in DeviationKind} | {"verify-cannot-be-judged"} == {
        rule for rule in RULES if rule.startswith("verify-")
    }


def test_fingerprints_differ_and_stay_when_lines_move() -> None:
    first, later = ([each["partialFingerprints"]["arrow/v1"] for each in sarif_of(view)["results"]]
                    for view in (SHOP, moved(SHOP, 10)))  # fmt: skip

    assert first == later
    assert len(set(first)) == 4


def test_accepted_deviation_is_suppressed_with_its_reason() -> None:
    result = results_of(SHOP)[0]
    known = replace(result.deviations[0], tolerated=True, accepted="known (until 2026-12-31)")
    summary = summarize([replace(result, deviations=(known, *result.deviations[1:]))])

    found = checked(as_sarif(as_results(summary, SHOP), "verify/view"))["results"]

    reason = {"kind": "external", "status": "accepted", "justification": "known (until 2026-12-31)"}
    assert [each["suppressions"] for each in found] == [[reason], [], [], []]


def test_findings_of_check_are_results_too() -> None:
    warning = replace(FINDING, rule="to-come", severity="warning", file="/elsewhere/b.puml")

    run = checked(as_sarif(map(result_of, [FINDING, FINDING, warning]), "check"))

    levels = [each["level"] for each in run["results"]]
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    prints = [each["partialFingerprints"]["arrow/v1"] for each in run["results"]]
    assert levels == ["error", "error", "warning"]
    assert places[0]["artifactLocation"] == {"uri": "diagrams/a%20b.puml", "uriBaseId": "%SRCROOT%"}
    assert places[0]["region"] == {"startLine": 7, "startColumn": 3}
    assert places[2]["artifactLocation"] == {"uri": "file:///elsewhere/b.puml"}
    assert len(set(prints)) == 3


def test_finding_of_check_keeps_its_fingerprint_when_lines_move() -> None:
    later = replace(FINDING, line=9, message=FINDING.message.replace("line 4", "line 6"))

    prints = [checked(as_sarif([result_of(each)], "check"))["results"][0]["partialFingerprints"]
              for each in (FINDING, later)]  # fmt: skip

    assert prints[0] == prints[1]


def test_log_without_findings_is_valid() -> None:
    assert checked(as_sarif([], "check"))["results"] == []
