"""What the tests of the command line share: an empty home, and the five services in this thread."""

from pathlib import Path

import pytest
from worker.in_memory_shop import databases, new_shop, shop  # noqa: F401 - fixtures


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which nothing has ever run."""
    monkeypatch.setenv("CHECKOUT_HOME", str(tmp_path / "home"))
    for name in ("CHECKOUT_BOOTSTRAP_SERVERS", "CHECKOUT_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"
