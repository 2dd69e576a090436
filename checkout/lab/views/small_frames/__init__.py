"""Small frames: the part of pandas that the notebooks use, for browsers, where pandas cannot be installed."""

from checkout.lab.views.small_frames.frame import DataFrame
from checkout.lab.views.small_frames.series import Series

__all__ = ["DataFrame", "Series"]
