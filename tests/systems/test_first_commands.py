"""First commands: an architect holds a drawing against a raw trace, in a folder that has only the two."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from systems.recorded_runs import VIEWS, run_lending, run_rental, run_trips
from systems.seeded_faults import Fault
from systems.trace_formats import otlp_lines

from checkout.c4.cli import app

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command of the toolkit in the folder; returns its exit code and what it printed on stdout."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run_command(*arguments: str) -> tuple[int, str]:
        with contextlib.redirect_stdout(io.StringIO()) as output, pytest.raises(SystemExit) as ended:
            app(arguments, prog_name="c4")
        return int(str(ended.value.code or 0)), output.getvalue()

    return run_command


@pytest.mark.slow
def test_three_commands_lead_from_a_trace_to_a_verdict(run: Command, tmp_path: Path) -> None:
    (tmp_path / "lending.puml").write_bytes(VIEWS["lending"].read_bytes())
    (tmp_path / "good.jsonl").write_bytes(otlp_lines(run_lending()))
    (tmp_path / "faulty.jsonl").write_bytes(otlp_lines(run_lending(Fault.MISSING_CALL)))

    without_map, _ = run("verify", "lending.puml", "--traces", "good.jsonl")
    suggested, draft = run("journal", "lending.puml", "--traces", "good.jsonl", "--suggest-map")
    (tmp_path / "traces.toml").write_text(draft)
    conforming, _ = run("verify", "lending.puml", "--traces", "good.jsonl")
    deviating, output = run("verify", "lending.puml", "--traces", "faulty.jsonl", "--json")

    assert without_map != 0
    assert (suggested, conforming, deviating) == (0, 0, 1)
    assert "never happened: 2 desk → catalogue" in output


@pytest.mark.slow
def test_of_the_traces_of_three_systems_only_those_of_the_view_are_judged(run: Command, tmp_path: Path) -> None:
    (tmp_path / "dump.jsonl").write_bytes(otlp_lines([*run_lending(Fault.NEW_CALL), *run_trips(), *run_rental()]))
    traces = ("--traces", "dump.jsonl", "--map", str(VIEWS["lending"].with_name("traces.toml")))

    exit_code, output = run("verify", str(VIEWS["lending"]), *traces, "--json")

    found = json.loads(output)
    assert (exit_code, found["summary"]["orders"], found["summary"]["deviates"]) == (1, 1, 1)
    assert found["others"] == {"travel.Trips/Search": 1, "POST /rentals": 1}
