"""checkout check: what it needs, and how it answers a wrong call."""

from pathlib import Path

import msgspec
import pytest
from command_line import run

from checkout.processes.shop_file import ShopFile


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


def write_store_file(home: Path, database_url: str = "") -> None:
    home.mkdir(parents=True, exist_ok=True)
    shop = ShopFile("127.0.0.1:1", "", str(home), 8000, 1, database_url, "token", [])
    (home / "store.json").write_bytes(msgspec.json.encode(shop))


def test_a_database_server_that_is_away_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_store_file(home, "postgresql://checkout:secret@127.0.0.1:1/")

    exit_code = run(monkeypatch, "check", "--wait", "0")

    assert exit_code == 3
    assert capsys.readouterr().err.startswith(
        "checkout: the databases at postgresql://checkout:***@127.0.0.1:1/ cannot be read: "
    )


def test_a_client_log_that_cannot_be_read_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_store_file(home)

    exit_code = run(monkeypatch, "check", "--wait", "0", "--client-log", "/proc/self/mem")

    assert exit_code == 2
    assert capsys.readouterr().err == (
        "checkout: /proc/self/mem cannot be read (Input/output error): name a file that can be\n"
    )
