"""Commands run through the real ``alignwatch track``."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.journals import query
from support.repositories import ENVIRONMENT, git

TRACK = (sys.executable, "-m", "alignwatch", "track")


def environment() -> dict[str, str]:
    """Where a tracked command runs: git sees nothing of this machine."""
    return {**os.environ, **ENVIRONMENT}


def start(folder: Path, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Starts ``alignwatch track`` with its output caught."""
    defaults = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment()}
    return subprocess.Popen([*TRACK, *arguments], cwd=folder, text=True, **{**defaults, **options})


def track(folder: Path, *arguments: str, **options: Any) -> int:
    """Runs ``alignwatch track`` to its end and returns its exit code."""
    process = start(folder, *arguments, **options)
    process.communicate()
    return process.returncode


def journal_file() -> Path:
    """The journal of the test at hand."""
    return Path(os.environ["ALIGNWATCH_STATE_DIR"]) / "journal.sqlite3"


def recorded(*columns: str) -> list[Any]:
    """These columns of all operations, in the order in which they began."""
    return query(journal_file(), f"SELECT {', '.join(columns)} FROM operations ORDER BY started")


def commit(repository: Path, path: str, content: str, branch: str | None = None) -> None:
    """Commits a file's new content, on a branch if one is named, and stays there."""
    if branch is not None:
        git(repository, "checkout", "--quiet", branch)
    (repository / path).write_text(content)
    git(repository, "add", path)
    git(repository, "commit", "--quiet", "--message", f"{path}: {content}")


def waiting(seconds: float = 30) -> Sequence[str]:
    """A command that says ``ready`` and waits."""
    return (sys.executable, "-c", f"import time; print('ready', flush=True); time.sleep({seconds})")
