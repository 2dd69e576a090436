"""The five services in this thread, as fixtures."""

from worker.in_memory_shop import databases, open_shop, shop  # noqa: F401 - fixtures
