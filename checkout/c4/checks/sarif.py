"""SARIF: findings as a log in the Static Analysis Results Interchange Format 2.1.0, for code scanning."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from checkout.c4.checks.rules import describe_rule
from checkout.c4.findings import Finding, json_text

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "notice": "note"}


@dataclass(frozen=True)
class SarifResult:
    """A finding, and what identifies it when lines have moved; `accepted` is the reason of an accepted one."""

    finding: Finding
    identity: str
    accepted: str = ""


def result_of(finding: Finding) -> SarifResult:
    """The result of a finding of `check`, identified by its rule, its file, and its message without line numbers."""
    message = re.sub(r"\bline \d+|:\d+", "", finding.message)
    return SarifResult(finding, f"{finding.rule} {Path(finding.file).name} {message}")


def as_sarif(results: Iterable[SarifResult], category: str) -> str:
    """A SARIF log with one run. `category` distinguishes the runs of one commit, such as check and verify/ordering."""
    results = list(results)
    rules = list(dict.fromkeys(each.finding.rule for each in results))
    driver = {"name": "checkout diagrams", "rules": [_rule(rule, results) for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"{category}/"},
        "columnKind": "unicodeCodePoints",
        "results": _results(results, rules),
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: str, results: Sequence[SarifResult]) -> dict[str, Any]:
    found = next(each.finding for each in results if each.finding.rule == rule)
    sentence = describe_rule(rule)
    return {
        "id": rule,
        "shortDescription": {"text": sentence},
        "fullDescription": {"text": sentence},
        "help": {"text": f"{sentence} For example: {found.fix}."},
        "defaultConfiguration": {"level": LEVELS[found.severity]},
    }


def _results(results: Sequence[SarifResult], rules: Sequence[str]) -> list[dict[str, Any]]:
    seen, found = Counter[str](), list[dict[str, Any]]()
    has_accepted = any(each.accepted for each in results)
    for each in results:
        seen[each.identity] += 1
        hashed = hashlib.sha256(f"{each.identity} {seen[each.identity]}".encode()).hexdigest()[:32]
        data = _result(each.finding, rules) | {"partialFingerprints": {"arrow/v1": hashed}}
        if has_accepted:  # all results need the property then
            data["suppressions"] = [_suppression(each.accepted)] if each.accepted else []
        found.append(data)
    return found


def _result(finding: Finding, rules: Sequence[str]) -> dict[str, Any]:
    region = {"startLine": max(finding.line, 1), "startColumn": max(finding.column, 1)}
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.message}: {finding.fix}."},
        "locations": [{"physicalLocation": {"artifactLocation": _location(finding.file), "region": region}}],
    }


def _location(file: str) -> dict[str, str]:
    path = Path(file)
    return {"uri": path.as_uri()} if path.is_absolute() else {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}


def _suppression(reason: str) -> dict[str, str]:
    return {"kind": "external", "status": "accepted", "justification": reason}
