"""Lock files of a repository and of each of its work trees."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.repository import Repository

_SHARED = {
    "config.lock": "config",
    "packed-refs.lock": "packed-refs",
    "shallow.lock": "shallow",
    "gc.pid": "gc",
    "objects/maintenance.lock": "maintenance",
    "objects/info/commit-graph.lock": "commit-graph",
    "objects/info/commit-graphs/commit-graph-chain.lock": "commit-graph",
    "objects/pack/multi-pack-index.lock": "multi-pack-index",
}
_PER_WORKTREE = {"index.lock": "index", "HEAD.lock": "HEAD"}

KINDS = (*dict.fromkeys((*_PER_WORKTREE.values(), "ref", *_SHARED.values())),)
"""The bounded values of the label."""


@dataclass(frozen=True, slots=True)
class LockFile:
    """One lock file."""

    kind: str
    path: Path
    since: float
    """When it was made, in seconds since the epoch."""


def find_locks(repository: Repository) -> tuple[LockFile, ...]:
    """All lock files there are, in a fixed order."""
    return tuple(_candidates(repository))


def _candidates(repository: Repository) -> Iterator[LockFile]:
    for worktree in repository.worktrees:
        for name, kind in _PER_WORKTREE.items():
            yield from _lock(worktree.git_dir / name, kind)
    for name, kind in _SHARED.items():
        yield from _lock(repository.common_dir / name, kind)
    # os.walk does not follow links, and passes over folders that vanish while it looks.
    for folder, folders, files in os.walk(repository.common_dir / "refs"):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".lock"):
                yield from _lock(Path(folder, name), "ref")


def _lock(path: Path, kind: str) -> Iterator[LockFile]:
    with suppress(FileNotFoundError, NotADirectoryError):
        yield LockFile(kind, path, path.lstat().st_mtime)
