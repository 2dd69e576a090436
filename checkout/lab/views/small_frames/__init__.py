"""Small frames: the part of pandas that the notebooks use, for browsers, where pandas cannot be installed.

A browser's kernel may register this module under the name pandas.
"""

from collections.abc import Mapping

from checkout.lab.views.small_frames.frame import DataFrame
from checkout.lab.views.small_frames.series import Series

__all__ = ["DataFrame", "Series", "set_option"]


def set_option(options: Mapping[str, object]) -> None:
    """Does nothing: a small frame always prints with the display options of the lab."""
