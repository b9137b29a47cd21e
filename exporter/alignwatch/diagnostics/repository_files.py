"""What several checks want to know of one repository, found out once."""

import os

from alignwatch.diagnostics.context import Context
from alignwatch.git.at_work import GitProcess, foreign_git
from alignwatch.git.repository import Repository, open_repository

_SECONDS = 4.0


def opened(context: Context) -> Repository:
    """The repository's folders.

    Raises:
        GitError: it cannot be opened, which ``repository-opens`` says.
    """
    return context.once("opened", lambda: open_repository(context.path))


def git_settings(context: Context) -> list[tuple[str, str]]:
    """Name and value of all that git is configured with there, from all its files; what holds is the last.

    Raises:
        GitError: git cannot read them.
    """
    return context.once("git settings", lambda: _git_settings(context))


def git_processes(context: Context) -> tuple[GitProcess, ...]:
    """All git processes of the machine but ours."""
    return context.shared.once("git processes", lambda: tuple(foreign_git()))


def _git_settings(context: Context) -> list[tuple[str, str]]:
    arguments = ("config", "--null", "--list", "--show-scope")
    said = context.git.run(context.path, *arguments, deadline=_SECONDS).stdout
    fields = iter(map(os.fsdecode, said.split(b"\0")[:-1]))
    found = []
    for scope, entry in zip(fields, fields, strict=True):
        # Of the command line are our own.
        if scope != "command":
            name, _, value = entry.partition("\n")
            found.append((name, value))
    return found
