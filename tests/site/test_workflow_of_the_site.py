"""Workflow of the site: what it runs and uploads is here; it can only be run by GitHub itself."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
JOBS = yaml.safe_load((ROOT / ".github" / "workflows" / "site.yml").read_text())["jobs"]


def test_the_workflow_builds_with_the_script_and_uploads_its_folder() -> None:
    steps = JOBS["build"]["steps"]
    script, folder = next(step["run"] for step in steps if "run" in step).split()

    uploaded = next(step["with"]["path"] for step in steps if "upload-pages-artifact" in step.get("uses", ""))

    assert (ROOT / script).stat().st_mode & 0o111
    assert uploaded == folder


def test_the_cache_is_made_anew_when_a_pin_changes() -> None:
    cache = next(step["with"] for step in JOBS["build"]["steps"] if "actions/cache" in step.get("uses", ""))
    patterns = [part.strip(" '") for part in cache["key"].partition("hashFiles(")[2].partition(")")[0].split(",")]

    assert [pattern for pattern in patterns if not list(ROOT.glob(pattern))] == []
    assert cache["path"] == ".checkout/site"


def test_only_the_job_that_publishes_may_write() -> None:
    assert JOBS["publish"]["needs"] == "build"
    assert JOBS["publish"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert "permissions" not in JOBS["build"]
