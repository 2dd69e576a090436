"""The five services in this thread, as fixtures."""

from worker.in_memory_shop import databases, new_shop, shop  # noqa: F401 - fixtures
