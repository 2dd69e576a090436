"""Report data: what `--json` writes is what `--since` reads; other files are refused with the remedy."""

import json
from pathlib import Path

import pytest
from c4.report.story_spans import repeated
from c4.report.test_changes import FRAUD, report

from checkout.c4.report.data import SinceError, as_json, read_report


def test_a_written_report_is_read_again(tmp_path: Path) -> None:
    data = report(*repeated(2, FRAUD))
    (tmp_path / "report.json").write_text(as_json(data))

    assert read_report(tmp_path / "report.json") == data
    written = json.loads(as_json(data))
    assert written["version"] == 1
    assert {"from": "orders", "to": "fraud"}.items() <= written["views"][0]["deviations"][0].items()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "since.json is no report"),
        (b"{", "since.json is no report"),
        (b"\xff\xfe", "since.json is no report"),
        (b'{"version": 1, "made": "\xff"}', "since.json is no report"),
        (b"[" * 100_000, "since.json is no report"),
        (b'{"findings": []}', "since.json is no report (.*version.*): name a file that `report --json` wrote"),
        (b'{"version": 2}', "since.json has version 2 and not 1: write it again with `report --json`"),
        (b'{"version": 1, "made": "today"}', "since.json is no report"),
    ],
)
def test_other_files_are_refused(content: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("since.json").write_bytes(content)

    with pytest.raises(SinceError, match=message.replace("(.*", r"\(.*").replace(".*)", r".*\)")) as raised:
        read_report(Path.cwd() / "since.json")

    assert raised.value.exit_code == 2
