"""GitHub Action: its steps, run with bash as the runner runs them, check diagrams and verify what happened."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from installation import Completed, Installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the first test installs

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
QUICK = {"PIP_NO_COMPILE": "1", "PIP_NO_BUILD_ISOLATION": "0"}  # "0" switches isolation off
EXPRESSION = re.compile(r"\$\{\{ ([\w.-]+) \}\}")


class Runner:
    """Runs steps of the action in a repository; its environment is the one of the other tests."""

    def __init__(self, installation: Installation, repository: Path, action: Path) -> None:
        self.installation, self.repository, self.action = installation, repository, action
        self.summary, self.output = repository.parent / "summary", repository.parent / "output"

    def run(self, **inputs: str) -> Completed:
        """Runs the last step with the defaults of the action and these inputs."""
        return self.step(STEPS[-1], inputs)

    def step(self, step: dict[str, Any], inputs: dict[str, str], **more: str) -> Completed:
        """Runs one step with bash, which sees the inputs in its environment only."""
        known = {name: declared["default"] for name, declared in ACTION["inputs"].items()} | {
            name.replace("_", "-"): value for name, value in inputs.items()
        }
        context = {f"inputs.{name}": value for name, value in known.items()} | {"github.action_path": str(self.action)}
        env = {name: EXPRESSION.sub(lambda found: context[found[1]], text) for name, text in step["env"].items()}
        runner = {
            "RUNNER_TEMP": str(self.installation.folder.parent), "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_OUTPUT": str(self.output),
        }  # fmt: skip
        script = self.repository.parent / "step.sh"
        script.write_text(step["run"])
        bash = ("--noprofile", "--norc", "-eo", "pipefail", script)
        return self.installation.run("bash", *bash, cwd=self.repository, **runner, **env, **more)


@pytest.fixture(scope="module")
def installed(with_tools: Installation, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Completed:
    """The result of the installation step; the environment is there already and has nearly all packages."""
    folder = tmp_path_factory.mktemp("installed") / "repository"
    folder.mkdir()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return Runner(with_tools, folder, source).step(STEPS[-2], {}, PATH=path, **QUICK)


@pytest.fixture
def runner(with_tools: Installation, repository: Path, source: Path) -> Runner:
    """A runner with the repository that has diagrams and a journal."""
    return Runner(with_tools, repository, source)


def test_no_input_is_part_of_a_script() -> None:
    scripts = [step["run"] for step in STEPS if "run" in step]

    assert len(scripts) == 2
    assert [script for script in scripts if "${{" in script] == []
    assert set(EXPRESSION.findall(json.dumps(STEPS))) == {
        "github.action_path", *(f"inputs.{name}" for name in ACTION["inputs"])
    }  # fmt: skip


def test_the_toolkit_is_installed_from_the_action_itself(installed: Completed) -> None:
    assert (installed.returncode, installed.stderr) == (0, "")


@pytest.mark.parametrize("command", ["check", "render"])
def test_a_repository_in_order_succeeds(runner: Runner, command: str) -> None:
    done = runner.run(command=command)

    assert done.returncode == 0, done.stdout + done.stderr
    assert runner.output.read_text() == "exit-code=0\n"
    assert runner.summary.read_text().startswith(f"### c4 {command}: exit code 0\n")


def test_an_error_is_an_annotation_at_its_line(runner: Runner) -> None:
    diagram = runner.repository / "diagrams" / "payment.puml"
    diagram.write_text(diagram.read_text().replace("Rel(bank, ledger", "Rel(bank, ledgers"))

    done = runner.run(files="diagrams/payment.puml\n")

    assert (done.returncode, runner.output.read_text()) == (1, "exit-code=1\n")
    assert "::error file=diagrams/payment.puml,line=8,col=" in done.stdout
    assert "    ::error file=diagrams/payment.puml,line=8" in runner.summary.read_text()


def test_a_trace_is_compared_with_a_diagram_and_summarised(runner: Runner, installed: Completed) -> None:
    done = runner.run(command="verify", files="diagrams/payment.puml", traces="trace.pb\ntrace.json")

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "**1 conform, 0 deviate, 0 cannot be judged**" in runner.summary.read_text()


def test_a_deviation_is_an_annotation_a_result_of_code_scanning_and_in_the_summary(runner: Runner) -> None:
    journal = runner.repository / "run.jsonl"
    journal.write_text(journal.read_text().splitlines()[0])

    done = runner.run(command="verify", files="diagrams/payment.puml", journal="run.jsonl", sarif="c4.sarif")

    assert done.returncode == 1, done.stderr
    assert "::error file=diagrams/payment.puml,line=8" in done.stdout
    assert "payment.puml:8" in runner.summary.read_text()
    results = json.loads((runner.repository / "c4.sarif").read_text())["runs"][0]["results"]
    assert results[0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 8


def test_a_baseline_accepts_a_deviation(runner: Runner) -> None:
    journal = runner.repository / "run.jsonl"
    journal.write_text(journal.read_text().splitlines()[0])
    verify = ("verify", "diagrams/payment.puml", "--journal", "run.jsonl", "--write-baseline", "accepted.toml")
    assert runner.installation.run("c4", *verify, cwd=runner.repository).returncode == 1
    accepted = runner.repository / "accepted.toml"
    accepted.write_text(accepted.read_text().replace('reason = ""', 'reason = "the ledger comes in March"'))

    done = runner.run(command="verify", files="diagrams/payment.puml", journal="run.jsonl", baseline="accepted.toml")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "the ledger comes in March" in runner.summary.read_text()


@pytest.mark.parametrize("text", ["$(touch hacked)", "`touch hacked`", "; touch hacked", "'; touch hacked #", "--fix"])
def test_an_input_is_never_run(runner: Runner, text: str) -> None:
    done = runner.run(files=text)

    assert done.returncode == 2
    assert not (runner.repository / "hacked").exists()
    assert "there is no such file" in done.stderr


def test_another_command_is_refused(runner: Runner) -> None:
    done = runner.run(command="story")

    assert (done.returncode, done.stdout) == (2, "::error::command is story: write check, render or verify\n")
