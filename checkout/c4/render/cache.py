"""Cache: PlantUML's output on disk, keyed by the content of everything it depends on."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from checkout.system.cache_folder import cache_home

MAX_FILES = 4_000  # about 200 MB


class Cache:
    """Pictures and expansions by content; `folder=None` stores nothing."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder or Path(os.devnull)  # below which nothing can be stored

    def get(self, key: str) -> bytes | None:
        """The content stored under a key, or None."""
        with contextlib.suppress(OSError):
            return (self.folder / key).read_bytes()
        return None

    def put(self, key: str, content: bytes) -> None:
        """Stores content under a key. A full or read-only disk is ignored: the next run renders again."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(content)
            os.replace(file.name, self.folder / key)  # atomic, also with two commands at once

    def prune(self) -> int:
        """Removes the oldest files beyond MAX_FILES; returns how many are left."""
        if not self.folder.is_dir():
            return 0
        files = sorted(self.folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[MAX_FILES:]:
            file.unlink(missing_ok=True)
        return min(len(files), MAX_FILES)


def user_cache() -> Cache:
    """The cache shared by all checkouts of this user."""
    return Cache(cache_home() / "diagrams" / "drawn")


def key_of(*parts: str) -> str:
    """The cache key of content that depends on these parts and on nothing else."""
    delimited = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(delimited.encode()).hexdigest()[:40]
