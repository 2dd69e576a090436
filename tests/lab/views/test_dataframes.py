"""Dataframes: which library a table is of."""

import sys
from collections.abc import Iterator

import pytest

from checkout.errors import PackageMissing
from checkout.lab import Lab
from checkout.lab.views import dataframes, small_frames


@pytest.fixture
def without_pandas(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pandas cannot be imported."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    dataframes.library.cache_clear()
    yield
    dataframes.library.cache_clear()


@pytest.mark.usefixtures("without_pandas")
def test_without_pandas_a_table_names_the_package_and_the_remedy(lab: Lab) -> None:
    with pytest.raises(PackageMissing, match=r'needs the package pandas: install it with .pip install "checkout\['):
        assert lab.topics is not None


@pytest.mark.usefixtures("without_pandas")
def test_a_browser_has_small_frames(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "emscripten")

    assert isinstance(lab.topics, small_frames.DataFrame)
