"""Finding a repository by its files alone; git is not run."""

import os
from pathlib import Path


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
    """Where a work tree or bare repository keeps refs and objects; None if it is neither.

    A linked work tree and a submodule have a ``.git`` file that says where their git directory is.
    """
    link = _first_line(folder / ".git")
    work_tree = folder / link.removeprefix("gitdir: ") if link else folder / ".git"
    for directory in (work_tree, folder):
        common = directory / (_first_line(directory / "commondir") or ".")
        if _readable(directory / "HEAD") and _readable(common / "objects") and _readable(common / "refs"):
            return common
    return None


def _has_branch(directory: Path, name: str) -> bool:
    ref = f"refs/heads/{name}"
    if _readable(directory / ref):
        return True
    try:
        packed = (directory / "packed-refs").read_text(errors="surrogateescape")
    except OSError:
        return False
    return any(line.endswith(f" {ref}") for line in packed.splitlines())


def _first_line(file: Path) -> str:
    try:
        with file.open(errors="surrogateescape") as opened:
            return opened.readline().rstrip("\n")
    except OSError:
        return ""


def _readable(path: Path) -> bool:
    # Path.is_file() raises where a folder above is closed to us.
    return os.access(path, os.R_OK)
