"""checkout check: what it needs, and how it answers a wrong call."""

from pathlib import Path

import pytest
from command_line import run


def test_without_a_store_nothing_can_be_judged(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, "check")

    printed = capsys.readouterr()
    assert (exit_code, printed.out) == (3, "")
    assert printed.err == f"checkout: no store is running below {home}: start one with `checkout up`\n"


def test_an_unknown_invariant_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, "check", "--invariant", "I24")

    assert exit_code == 2
    assert capsys.readouterr().err == "checkout: there is no invariant I24: there are I1 to I23\n"
