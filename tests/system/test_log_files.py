"""Log files: a large one is put aside, in place of the one before."""

from pathlib import Path

import pytest

from checkout.system import log_files
from checkout.system.log_files import keep_small


def test_a_large_file_is_put_aside_and_a_small_one_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "LARGE", 10)
    path, aside = tmp_path / "stock-1.log", tmp_path / "stock-1.1.log"
    keep_small(path)
    path.write_text("small")
    keep_small(path)
    was_kept = path.exists()
    for text in ("the first large one", "the second large one"):
        path.write_text(text)
        keep_small(path)

    assert was_kept and not path.exists()
    assert aside.read_text() == "the second large one"
