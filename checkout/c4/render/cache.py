"""Cache: what was drawn before, found by the content of everything it depends on."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from checkout.system.java import cache_home

MOST = 4_000  # files; about 200 MB


class Cache:
    """Pictures and expansions by content; a cache of no folder forgets everything."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def get(self, key: str) -> bytes | None:
        """What was kept under a key, if it is still there."""
        if self.folder is None:
            return None
        with contextlib.suppress(OSError):
            return (self.folder / key).read_bytes()
        return None

    def put(self, key: str, content: bytes) -> None:
        """Keeps content under a key; a full or read-only disk only costs the next run its time."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(content)
            os.replace(file.name, self.folder / key)  # whole or not at all, also with two commands at once

    def prune(self) -> int:
        """Removes the oldest entries above the limit; answers how many are left."""
        if self.folder is None or not self.folder.is_dir():
            return 0
        files = sorted(self.folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[MOST:]:
            file.unlink(missing_ok=True)
        return min(len(files), MOST)


def usual_cache() -> Cache:
    """The cache shared by every checkout of this user."""
    return Cache(cache_home() / "diagrams" / "drawn")


def key_of(*parts: str) -> str:
    """The key of content that depends on these parts and on nothing else."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:".encode() + part.encode())
    return digest.hexdigest()[:40]
