"""Fixtures of the widgets' tests."""

from collections.abc import Callable

import pytest
from lab.widget.board_page import open_board  # noqa: F401 - a fixture
from lab.widget.run_views_page import finished, open_view  # noqa: F401 - fixtures

from checkout.lab import Lab


@pytest.fixture
def waiting(memory_lab: Callable[..., Lab]) -> Lab:
    """A lab with an order that waits at the web app."""
    lab = memory_lab()
    lab.place_order("wooden spoon", quantity=2)
    return lab
