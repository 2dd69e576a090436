"""Start messages: a download is shown, a start alone is not."""

import pytest

from checkout.lab.sessions.start_messages import start_messages
from checkout.local_kafka.download import ACTION


def test_a_start_without_a_download_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with start_messages() as on_progress:
        on_progress(ACTION, 0.0)  # another process holds the lock for a moment
        on_progress("starting Apache Kafka", 0.0)

    assert capsys.readouterr().out == ""


def test_a_download_is_one_line_that_says_at_last_that_kafka_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with start_messages() as on_progress:
        for share in (0.0, 0.41, 0.414, 1.0):
            on_progress(ACTION, share)
        on_progress("starting Apache Kafka", 0.0)

    shown = capsys.readouterr().out.split("\r")
    assert [line.rstrip() for line in shown] == [
        f"{ACTION}, only this once: 41%", f"{ACTION}, only this once: 100%", "starting Apache Kafka",
        "Apache Kafka runs on this machine now",
    ]  # fmt: skip
    assert all(len(line.rstrip("\n")) >= len(before.rstrip()) for before, line in zip(shown, shown[1:], strict=False))
    assert shown[-1].endswith("\n")


def test_a_download_that_does_not_begin_is_shown_after_a_while(capsys: pytest.CaptureFixture[str]) -> None:
    with start_messages(patience=-1.0) as on_progress:
        on_progress(ACTION, 0.0)

    assert capsys.readouterr().out.startswith(f"{ACTION}, only this once: 0%\r")


def test_a_start_that_fails_is_not_called_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="no network"), start_messages() as on_progress:
        on_progress(ACTION, 0.5)
        raise OSError("no network")

    assert "runs" not in capsys.readouterr().out
