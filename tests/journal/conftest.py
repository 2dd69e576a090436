"""The five services in this thread, as fixtures."""

from worker.shop import open_shop, shop, stores  # noqa: F401 - fixtures
