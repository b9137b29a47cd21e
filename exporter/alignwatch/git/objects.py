"""The object store's size, as ``git count-objects`` tells it, and as the disk has it."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.command import Git

_BLOCK = 512
"""Bytes: the unit of ``st_blocks``."""


@dataclass(frozen=True, slots=True)
class ObjectCounts:
    """Objects and files of the object store; sizes are bytes on disk."""

    loose_objects: int
    loose_bytes: int
    packs: int
    pack_bytes: int
    garbage_files: int


def count_objects(git: Git, repository: Path, deadline: float) -> ObjectCounts:
    """Counts what the object store holds.

    Raises:
        GitError: git could not tell.
    """
    done = git.run(repository, "count-objects", "-v", deadline=deadline)
    # Lines such as "size-pack: 1024", sizes in KiB; "alternate:" lines carry paths.
    pairs = (line.partition(": ") for line in done.stdout.decode("utf-8", "replace").splitlines())
    figures = {name: int(value) for name, _, value in pairs if value.isdecimal()}
    return ObjectCounts(
        loose_objects=figures.get("count", 0),
        loose_bytes=figures.get("size", 0) * 1024,
        packs=figures.get("packs", 0),
        pack_bytes=figures.get("size-pack", 0) * 1024,
        garbage_files=figures.get("garbage", 0),
    )


def disk_bytes(common_dir: Path) -> int:
    """The room on disk that objects and refs take; what has another name elsewhere takes none here."""
    total = 0
    for place in ("objects", "refs"):
        for folder, _, names in os.walk(common_dir / place):
            for name in names:
                # Others may pack meanwhile.
                with suppress(FileNotFoundError):
                    status = Path(folder, name).lstat()
                    total += status.st_blocks * _BLOCK if status.st_nlink == 1 else 0
    return total
