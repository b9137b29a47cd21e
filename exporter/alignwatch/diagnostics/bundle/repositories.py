"""The state of each repository: counts, configuration and what is in progress; nothing of what it holds."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from alignwatch.diagnostics.bundle.part import Member
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import git_settings, opened
from alignwatch.errors import AlignwatchError
from alignwatch.git.in_progress import find_in_progress
from alignwatch.git.refs import display, list_all, parse_all
from alignwatch.git.repository import Repository, Worktree, head_branch

_MOST = 100
"""Repositories, work trees of one, and hooks."""
_SECONDS = 5.0
_GC_LOG_BYTES = 4096


def collect(context: Context) -> Iterator[Member]:
    """``repositories/1.json`` and so on, in the order of the configuration."""
    for number, repository in enumerate(context.settings.repositories[:_MOST], start=1):
        one = replace(context, subject=repository)
        yield Member(f"repositories/{number}.json", _state(one))


def all_git_settings(context: Context) -> Iterator[tuple[str, str]]:
    """What git is configured with in all repositories that can be read."""
    for repository in context.settings.repositories[:_MOST]:
        with suppress(AlignwatchError):
            yield from git_settings(replace(context, subject=repository))


def all_names(context: Context) -> Iterator[str]:
    """The short names of all refs of all repositories, and those of their work trees."""
    for repository in context.settings.repositories[:_MOST]:
        with suppress(AlignwatchError):
            one = replace(context, subject=repository)
            for name in _refs(one):
                _, _, rest = display(name).partition("/")
                kind, _, short = rest.partition("/")
                yield short
                # A remote's branch, without the remote's name.
                if kind == "remotes":
                    yield short.partition("/")[2]
            # A linked work tree is called as its branch, as a rule.
            for worktree in opened(one).worktrees[1:]:
                yield worktree.git_dir.name
                yield worktree.folder.name if worktree.folder else ""


def _state(context: Context) -> dict[str, Any]:
    """Each question has its answer, or why there is none."""
    return {
        "name": context.repository.label,
        "path": context.repository.path,
        "worktrees": _answer(lambda: [_worktree(one) for one in opened(context).worktrees[:_MOST]]),
        "in_progress": _answer(lambda: to_builtins(find_in_progress(opened(context)))),
        "refs": _answer(lambda: _counts(_refs(context))),
        "configuration": _answer(lambda: _by_name(git_settings(context))),
        "objects": _answer(lambda: _said(context, "count-objects", "-v")),
        "files": _answer(lambda: _files(opened(context))),
        "gc_log": _answer(lambda: _gc_log(opened(context))),
        "hooks": _answer(lambda: _hooks(opened(context))),
    }


def _answer(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except (AlignwatchError, OSError) as error:
        return {"unknown": str(error)}


def _worktree(worktree: Worktree) -> dict[str, Any]:
    return {
        "folder": str(worktree.folder) if worktree.folder else None,
        "git_dir": str(worktree.git_dir),
        "head": _answer(lambda: head_branch(worktree.git_dir)),
        "locked": (worktree.git_dir / "locked").exists(),
        "there": bool(worktree.folder and worktree.folder.is_dir()),
    }


def _refs(context: Context) -> dict[bytes, str]:
    return context.once("all refs", lambda: parse_all(list_all(context.git, context.path, _SECONDS)))


def _by_name(settings: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in settings:
        found.setdefault(name, []).append(value)
    return found


def _counts(refs: Iterable[bytes]) -> dict[str, int]:
    """By namespace: ``refs/heads`` and the like."""
    return dict(Counter(display(b"/".join(name.split(b"/")[:2])) for name in refs))


def _said(context: Context, *arguments: str) -> list[str]:
    done = context.git.run(context.path, *arguments, deadline=_SECONDS)
    return display(done.stdout).splitlines()


def _files(repository: Repository) -> list[dict[str, Any]]:
    """What lies in the git directories of all work trees, with size and age in seconds; not what it holds."""
    found = []
    for worktree in repository.worktrees[:_MOST]:
        for entry in sorted(os.scandir(worktree.git_dir), key=lambda one: one.name):
            with suppress(OSError):
                told = entry.stat(follow_symlinks=False)
                kind = "folder" if entry.is_dir(follow_symlinks=False) else "file"
                age = round(time.time() - told.st_mtime)
                found.append({"path": entry.path, "kind": kind, "bytes": told.st_size, "age_seconds": age})
    return found


def _gc_log(repository: Repository) -> str | None:
    with suppress(FileNotFoundError), (repository.common_dir / "gc.log").open("rb") as file:
        return display(file.read(_GC_LOG_BYTES))
    return None


def _hooks(repository: Repository) -> list[str]:
    folder: Path = repository.common_dir / "hooks"
    if not folder.is_dir():
        return []
    return sorted(one.name for one in folder.iterdir() if one.suffix != ".sample")[:_MOST]
