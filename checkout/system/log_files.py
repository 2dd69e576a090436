"""Log files: the output of processes, of which two files are kept at most."""

from pathlib import Path

LARGE = 10 * 1024 * 1024  # bytes


def keep_small(path: Path) -> None:
    """Renames a large log file to `NAME.1.log`, in place of the one before. Call it before a process opens the file."""
    if path.exists() and path.stat().st_size > LARGE:
        path.replace(path.with_name(f"{path.stem}.1{path.suffix}"))
