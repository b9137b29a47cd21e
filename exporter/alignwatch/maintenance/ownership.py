"""Would what we write into a repository be as its owner would have written it?"""

import os
import pwd
from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.git.repository import Repository
from alignwatch.maintenance.task import TaskError

_PRIVATE = frozenset({"", "0", "false", "no", "off", "umask"})


def ensure_ownership(git: Git, repository: Repository, deadline: float) -> None:
    """Looks whether this user may write there without taking files away from others.

    git lets a user whom ``safe.directory`` allows it, and root always, write into somebody else's repository;
    its owner's next command then fails at a folder that is not theirs.

    Raises:
        TaskError: it belongs to another user, and is not shared.
        GitError: git could not tell.
    """
    objects = repository.common_dir / "objects"
    owner = objects.stat().st_uid
    if owner == os.geteuid() or _is_shared(git, repository.path, deadline):
        return
    raise TaskError(
        f"{repository.path}: belongs to {_user(owner)}, and what {_user(os.geteuid())} writes there would "
        "not; run as that user: alignwatch maintenance install --user",
        1,
    )


def _is_shared(git: Git, path: Path, deadline: float) -> bool:
    shared = git.run(
        path, "config", "--get", "core.sharedRepository", deadline=deadline, expected=(0, 1)
    ).stdout
    return shared.decode("ascii", "replace").strip().lower() not in _PRIVATE


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
