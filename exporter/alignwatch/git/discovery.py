"""Finding a repository by its files alone; git is not run."""

import os
from pathlib import Path

from alignwatch.git.worktree_files import git_folders


def is_repository(folder: Path) -> bool:
    """Whether a folder is a work tree or a bare repository, as far as its files tell."""
    return git_dir(folder) is not None


def containing_repository(start: Path) -> Path | None:
    """The nearest repository at or above a folder: its work tree, or itself if it is bare."""
    start = start.absolute()
    return next(filter(is_repository, (start, *start.parents)), None)


def default_primary(repository: Path) -> str:
    """``master`` if there is such a branch and no ``main``; else ``main``."""
    directory = git_dir(repository)
    if directory is None or _has_branch(directory, "main") or not _has_branch(directory, "master"):
        return "main"
    return "master"


def git_dir(folder: Path) -> Path | None:
    """Where a work tree or bare repository keeps refs and objects; None if it is neither."""
    folders = git_folders(folder)
    return None if folders is None else folders.common_dir


def _has_branch(directory: Path, name: str) -> bool:
    ref = f"refs/heads/{name}"
    if os.access(directory / ref, os.R_OK):
        return True
    try:
        packed = (directory / "packed-refs").read_text(errors="surrogateescape")
    except OSError:
        return False
    return any(line.endswith(f" {ref}") for line in packed.splitlines())
