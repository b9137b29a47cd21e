"""How far has a repository gone on since it was backed up?"""

from pathlib import Path
from typing import NamedTuple

from alignwatch.git.command import Git
from alignwatch.git.refs import display, list_all, parse_all
from alignwatch.maintenance.backups.manifest import Manifest


class Lack(NamedTuple):
    """What a repository holds now and its backup does not."""

    refs: int
    """Those that are new or have moved."""
    commits: int
    """Those that its refs lead to, and none of the backup's do."""


def lack_of(git: Git, repository: Path, manifest: Manifest, deadline: float) -> Lack:
    """Compares a backup with the repository as it is now.

    Raises:
        GitError: git could not tell.
    """
    live = parse_all(list_all(git, repository, deadline))
    moved = [oid for name, oid in live.items() if manifest.refs.get(display(name)) != oid]
    if not moved:
        return Lack(0, 0)
    # What the backup alone has is unknown to the repository, and hides nothing of it.
    wanted = [*moved, *(f"^{oid}" for oid in manifest.refs.values())]
    counted = git.run(
        repository,
        *("rev-list", "--count", "--ignore-missing", "--stdin"),
        deadline=deadline,
        stdin="".join(f"{one}\n" for one in wanted).encode(),
    )
    return Lack(len(moved), int(counted.stdout))
