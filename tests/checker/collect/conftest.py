"""Fixtures of the collectors' tests: a store in this thread."""

from worker.in_memory_shop import databases, new_shop, shop  # noqa: F401 - fixtures
