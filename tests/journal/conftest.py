"""Fixtures of the journal tests: the five services in this thread."""

from worker.in_memory_shop import databases, new_shop, shop  # noqa: F401 - fixtures
