"""Consistency: a dynamic view is compared with the container view in its folder, and with the code."""

from collections.abc import Callable
from pathlib import Path

import pytest
from c4.runs import CODE

from checkout.c4.findings import Finding

pytestmark = pytest.mark.slow  # draws with PlantUML

Findings = Callable[..., list[Finding]]
VIEWS = ("containers", "ordering", "ordering-sold-out", "ordering-payment-denied")


def places(found: list[Finding]) -> list[tuple[str, int, str]]:
    return [(Path(finding.file).stem, finding.line, finding.rule) for finding in found]


def test_http_where_the_dynamic_view_says_kafka_is_caught(findings: Findings, copied: Path) -> None:
    containers = copied / "containers.puml"
    text = containers.read_text()
    for line in [line for line in text.split("\n") if "kafka" in line and "Rel(" in line]:
        text = text.replace(line, line.split('", "')[0] + '", "HTTP")')
    containers.write_text(text)

    found = findings(containers, copied / "ordering.puml")

    assert [line for _, line, rule in places(found) if rule == "view-technology"] == [
        26,
        27,
        28,
        29,
        30,
        31,
        33,
        34,
        35,
        36,
        37,
        38,
    ]
    assert "3 orders → kafka [order.new-order-received]: containers.puml:" in found[0].message
    assert found[0].message.endswith("says HTTP")


def test_services_drawn_as_calling_each_other_are_caught(findings: Findings, copied: Path) -> None:
    containers = copied / "containers.puml"
    lines = [line for line in containers.read_text().split("\n") if "kafka" not in line]
    lines.insert(-3, 'Rel(orders, stock, "asks for products", "HTTP")')
    containers.write_text("\n".join(lines))

    found = findings(containers, copied / "ordering.puml")

    asked = next(finding for finding in found if finding.line == 27)
    assert asked.rule == "view-missing"
    assert "draws orders → stock [HTTP] instead" in asked.message


def test_broker_named_in_general_agrees_with_each_of_its_topics(findings: Findings, copied: Path) -> None:
    containers = copied / "containers.puml"
    containers.write_text(containers.read_text().replace('"order.process-order-payment")', '"Kafka")'))

    assert findings(containers, copied / "ordering.puml") == []


def test_diagrams_of_another_system_are_not_compared(findings: Findings, copied: Path) -> None:
    (copied / "other.puml").write_text(
        '@startuml\n!include <C4/C4_Dynamic>\ntitle Other\nContainer(till, "Till")\nContainer(printer, "Printer")\n'
        'Rel(till, printer, "prints", "USB", $index=1)\n@enduml'
    )

    assert findings(copied / "containers.puml", copied / "other.puml") == []


def test_views_agree_with_the_code_as_the_contract_has_it(findings: Findings, copied: Path) -> None:
    assert len(CODE) == 17 + 8 + 14
    assert findings(*(copied / f"{name}.puml" for name in VIEWS), code_arrows=CODE) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: text.replace("$index=9)", "$index=99)").replace("$index=10)", "$index=9)").replace("99", "10"),
         [("ordering", 32, "code-step"), ("ordering", 33, "code-step")]),
        (lambda text: text.replace("payment.order-payment-processed", "payment.order-paid"),
         [("ordering", 33, "code-topic"), ("ordering", 34, "code-topic")]),
        (lambda text: "\n".join(line for line in text.split("\n") if "$index=14" not in line or "SMTP" not in line),
         [("ordering", 42, "code-missing")]),
        (lambda text: text.replace("\nSHOW_LEGEND", '\nRel(orders, stock, "asks", "HTTP", $index=15)\nSHOW_LEGEND'),
         [("ordering", 42, "code-extra")]),
    ],
    ids=["two steps swapped", "topic renamed", "arrow deleted", "arrow added"],
)  # fmt: skip
def test_wrong_arrow_differs_from_the_code_at_its_line(
    findings: Findings, copied: Path, change: Callable[[str], str], expected: list[tuple[str, int, str]]
) -> None:
    file = copied / "ordering.puml"
    file.write_text(change(file.read_text()))

    found = places(findings(file, code_arrows=CODE))

    assert [each for each in found if each[2].startswith("code-")] == expected
