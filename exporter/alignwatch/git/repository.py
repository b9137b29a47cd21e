"""Opening a repository: where its folders are. git's own files tell; no process is started."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.command import GitError
from alignwatch.git.worktree_files import GitFolders, git_folders


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
    try:
        path.stat()
        folders = git_folders(path)
        if folders is None:
            next(path.iterdir(), None)
            raise GitError(f"{path}: not a git repository; mend repositories[].path", reason="missing")
    except PermissionError as error:
        raise GitError(f"{error.filename}: may not be read by this user", reason="permission") from None
    except OSError:
        raise GitError(f"{path}: no such folder; mend repositories[].path", reason="missing") from None
    main = Worktree(_main_folder(path, folders), folders.common_dir)
    return Repository(path, folders.common_dir, (main, *_linked_worktrees(folders.common_dir)))


def _main_folder(path: Path, folders: GitFolders) -> Path | None:
    if folders.common_dir.name == ".git":
        return folders.common_dir.parent
    opened = path.resolve()
    # A submodule, or one made with --separate-git-dir; through a linked work tree there is no telling.
    return opened if folders.git_dir == folders.common_dir != opened else None


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
