"""What a test wants to know of a file."""

from pathlib import Path


def version(file: Path) -> tuple[int, int]:
    """Changes when the file is replaced or written; unlike ``stat()`` as a whole not when it is read."""
    found = file.stat()
    return found.st_ino, found.st_mtime_ns
