"""First commands: an architect holds a drawing against a raw trace, in a folder that has only the two."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from systems.recorded_runs import RUNS, VIEWS
from systems.seeded_faults import Fault
from systems.trace_formats import otlp_lines

from checkout.c4.cli import app

EDITS = {  # of the draft that `journal --suggest-map` prints
    "lending": {"caller": "reader", '"letters.example"': "post"}, "trips": {"caller": "traveller"},
    "rental": {"caller": "rider"},
}  # fmt: skip
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
@pytest.mark.parametrize("system", RUNS)
def test_three_commands_lead_from_a_trace_to_a_verdict(system: str, run: Command, tmp_path: Path) -> None:
    view = tmp_path / f"{system}.puml"
    view.write_bytes(VIEWS[system].read_bytes())
    (tmp_path / "good.jsonl").write_bytes(otlp_lines(RUNS[system](None)))
    (tmp_path / "faulty.jsonl").write_bytes(otlp_lines(RUNS[system](Fault.MISSING_CALL)))

    without_map, _ = run("verify", view.name, "--traces", "good.jsonl")
    suggested, draft = run("journal", view.name, "--traces", "good.jsonl", "--suggest-map")
    (tmp_path / "traces.toml").write_text(completed(draft, EDITS[system]))
    hops, journal = run("journal", view.name, "--traces", "good.jsonl")
    conforming, _ = run("verify", view.name, "--traces", "good.jsonl")
    deviating, output = run("verify", view.name, "--traces", "faulty.jsonl", "--json")

    assert without_map in (1, 3)
    assert (suggested, hops, conforming, deviating) == (0, 0, 0, 1)
    assert all(json.loads(line)["order"] for line in journal.splitlines())
    assert "missing" in output


def completed(draft: str, edits: dict[str, str]) -> str:
    lines = [line.removeprefix("# ").partition(" = ") for line in draft.splitlines()]
    found = {name: f'{name} = "{edits[name]}"' for name, _, _ in lines if name in edits}
    assert found.keys() == edits.keys()
    return "\n".join(
        found.get(name, line) for line, (name, _, _) in zip(draft.splitlines(), lines, strict=True)
    )  # fmt: skip
