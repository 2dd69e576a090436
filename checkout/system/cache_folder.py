"""Cache folder: where this project keeps files for later runs."""

import os
from pathlib import Path


def cache_home() -> Path:
    """Returns the user's cache folder, shared by all installations of this project."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "checkout"
