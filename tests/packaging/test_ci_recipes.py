"""CI recipes: the commands of the job for GitLab run, and the workflow for GitHub uses inputs of the action."""

from pathlib import Path

import pytest
import yaml
from installation import Installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the first test installs

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "docs" / "recipes"


def test_the_commands_of_the_gitlab_job_succeed(with_tools: Installation, repository: Path) -> None:
    job = yaml.safe_load((RECIPES / "gitlab.yml").read_text())["c4"]
    (repository / "traces").mkdir()
    (repository / "trace.json").rename(repository / "traces" / "trace.json")
    installation, *commands = job["script"]

    done = [with_tools.run(*command.split(), cwd=repository) for command in commands]

    assert [each.returncode for each in done] == [0, 0, 0], [each.stderr for each in done]
    assert installation == 'pip install --quiet "$C4_TOOLKIT"'
    assert all((repository / artifact).is_file() for artifact in job["artifacts"]["paths"])


def test_the_github_workflow_uses_inputs_of_the_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = yaml.safe_load((RECIPES / "github.yml").read_text())["jobs"]["c4"]["steps"]
    ours = [step.get("with", {}) for step in steps if step["uses"] == "OWNER/REPOSITORY@TAG"]

    assert [inputs.get("command", action["inputs"]["command"]["default"]) for inputs in ours] == [
        "check", "render", "verify"
    ]  # fmt: skip
    assert set().union(*ours) <= action["inputs"].keys()
