"""Fixtures: a folder with two views and the traces of their stories, and the report command."""

from collections.abc import Callable
from pathlib import Path

import pytest
from c4.report.story_spans import CANCEL, SELL, otlp, repeated, source, without
from lab.browser.chromium import chromium
from typer.testing import CliRunner

from checkout.c4.cli import make_app

__all__ = ["chromium"]
HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m & \"quotes\""
Report = Callable[..., tuple[int, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with views.puml and traces.jsonl: a call is missing, one has a hostile name."""
    monkeypatch.chdir(tmp_path)
    views = [source(SELL, "sell", "How we sell"), source(CANCEL, "cancel", "<b>How</b> we &cancel")]
    (tmp_path / "views.puml").write_text("\n".join(views))
    odd = [*SELL, ("orders", HOSTILE, f"HTTP, POST /{HOSTILE.replace(' ', '')}")]
    stories = [*repeated(20, SELL), *repeated(3, without(CANCEL, "mail"), 30), *repeated(2, odd, 40)]
    stories += repeated(2, [("web", "orders", "HTTP, GET /orders")], 50)
    (tmp_path / "traces.jsonl").write_text(otlp(stories))
    return tmp_path


@pytest.fixture
def report() -> Report:
    """Runs `report` on views.puml and traces.jsonl; returns the exit code and what it printed."""

    def run(*more: str, files: str = "views.puml", traces: str = "traces.jsonl") -> tuple[int, str]:
        arguments = ["report", files, "--traces", traces, "--html", "out.html", *more]
        done = CliRunner().invoke(make_app(), arguments)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return run
