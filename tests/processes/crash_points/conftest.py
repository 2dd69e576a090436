"""Fixtures: a shop in memory with crash points, and crash points alone."""

from processes.crash_points.watched_shop import new_point, watched_shop  # noqa: F401 - fixtures
from worker.in_memory_shop import databases, new_shop, shop  # noqa: F401 - fixtures
