"""Parts: the older files of a journal, which a replica has closed and which are deleted in time."""

import time
from pathlib import Path

PART_BYTES = 16 * 1024 * 1024  # of a file, after which the replica begins a new one
MOST_PARTS = 64  # of a replica, about 1 GiB


def parts_of(path: Path) -> list[Path]:
    """The older parts of a journal file, the oldest first: `orders-1.1764403200000.jsonl` of `orders-1.jsonl`."""
    return sorted(path.parent.glob(f"{path.stem}.*{path.suffix}"))


def close_part(path: Path) -> None:
    """Renames a journal file to a part, named after the present time in milliseconds. Raises OSError."""
    path.rename(path.with_name(f"{path.stem}.{time.time_ns() // 1_000_000}{path.suffix}"))


def delete_old_parts(path: Path, seconds: float) -> None:
    """Deletes the parts that were written to before `seconds` ago, and all but the last MOST_PARTS. Raises OSError."""
    parts, since = parts_of(path), time.time() - seconds
    for number, part in enumerate(parts):
        if part.stat().st_mtime < since or len(parts) - number > MOST_PARTS:
            part.unlink()
