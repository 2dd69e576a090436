"""Missing store: the error of a command whose packages an installation of the diagram toolkit alone does not have."""

import sys

from checkout.errors import PackageMissing

STORE_PACKAGES = {  # modules of the extra `store`
    "kafka": "kafka-python", "sqlalchemy": "sqlalchemy", "litestar": "litestar", "uvicorn": "uvicorn",
    "httptools": "httptools", "httpx": "httpx", "aiosmtpd": "aiosmtpd", "rich": "rich",
}  # fmt: skip


def missing_store(error: ModuleNotFoundError) -> PackageMissing:
    """The error that names the command and the extra. Raises the given one if its module is not of the store."""
    package = STORE_PACKAGES.get((error.name or "").partition(".")[0])
    if package is None:
        raise error
    return PackageMissing(f"the command {sys.argv[1]}", package, "store")
