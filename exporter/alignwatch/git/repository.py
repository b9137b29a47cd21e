"""Opening a repository: where its folders are. GitPython finds them; no process is started."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.command import GitError


@dataclass(frozen=True, slots=True)
class Worktree:
    """One work tree, main or linked, and the folder in which git keeps its state."""

    folder: Path | None
    """None for a bare repository's own git directory."""
    git_dir: Path


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that could be opened."""

    path: Path
    common_dir: Path
    """Where refs and objects are, shared by all work trees."""
    worktrees: tuple[Worktree, ...]
    """The main one first."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders of all work trees."""
        return tuple(worktree.folder for worktree in self.worktrees if worktree.folder)


def open_repository(path: Path) -> Repository:
    """Opens a work tree, a linked work tree or a bare repository.

    Raises:
        GitError: with reason ``missing`` or ``permission``.
    """
    # Without this, importing GitPython fails where git is missing; the probes say it better.
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    from git import InvalidGitRepositoryError, NoSuchPathError, Repo

    try:
        with Repo(path, search_parent_directories=False, expand_vars=False) as repo:
            common_dir = Path(repo.common_dir).resolve()
            own_git_dir = Path(repo.git_dir).resolve()
            folder = None if repo.working_tree_dir is None else Path(repo.working_tree_dir).resolve()
    except NoSuchPathError:
        raise GitError(f"{path}: no such folder; mend repositories[].path", reason="missing") from None
    except InvalidGitRepositoryError:
        if path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
            raise GitError(f"{path}: may not be read by this user", reason="permission") from None
        raise GitError(f"{path}: not a git repository; mend repositories[].path", reason="missing") from None
    except PermissionError as error:
        raise GitError(f"{error.filename}: may not be read by this user", reason="permission") from None
    main = Worktree(folder, own_git_dir)
    if own_git_dir != common_dir:
        main = Worktree(common_dir.parent if common_dir.name == ".git" else None, common_dir)
    return Repository(path, common_dir, (main, *_linked_worktrees(common_dir)))


def _linked_worktrees(common_dir: Path) -> list[Worktree]:
    found = []
    with suppress(FileNotFoundError, NotADirectoryError):
        for git_dir in sorted((common_dir / "worktrees").iterdir()):
            # Each holds the path of the work tree's .git file; a folder without one is being made or removed.
            with suppress(OSError):
                pointer = Path(os.fsdecode((git_dir / "gitdir").read_bytes().rstrip(b"\n")))
                found.append(Worktree((git_dir / pointer).parent.resolve(), git_dir))
    return found


def head_branch(git_dir: Path) -> str | None:
    """The full name of the ref that HEAD is on; None when it is detached.

    Raises:
        OSError: no HEAD, or it cannot be read.
    """
    content = (git_dir / "HEAD").read_bytes().decode("utf-8", "backslashreplace").strip()
    return content.removeprefix("ref:").strip() if content.startswith("ref:") else None
