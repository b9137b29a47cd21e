"""Which git runs, and what is known to be wrong with it.

Without git nothing works. Before 2.39 conflicts cannot be foreseen (`git merge-tree --write-tree` is missing
or cannot tell), and before 2.32 git cannot be kept from reading this machine's configuration. Some
versions run what a hostile repository tells them to: those before the releases that mend CVE-2022-41903
(attributes and log formats) and CVE-2024-32002 (clones with submodules). A distribution may have mended them
without another version number.

That git before 2.44 can lose autostashed edits is asked of each repository, by `autostash`.
"""

from collections.abc import Iterator
from typing import NamedTuple

from alignwatch.diagnostics.check import Check, Finding, critical, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.status import Status
from alignwatch.git.command import GitError
from alignwatch.git.version import git_version

_OLDEST, _FORESEES = (2, 32, 0), (2, 39, 0)
_UPGRADE = "apt-get", "install", "--only-upgrade", "git"


class _Danger(NamedTuple):
    name: str
    what: str
    mended: tuple[tuple[int, int, int], ...]
    """The first release of each line that is mended; a line above the last is mended from its start."""


_DANGERS = (
    _Danger(
        "CVE-2022-41903",
        "reading a hostile repository can run its code",
        (
            (2, 30, 7),
            (2, 31, 6),
            (2, 32, 5),
            (2, 33, 6),
            (2, 34, 6),
            (2, 35, 6),
            (2, 36, 4),
            (2, 37, 5),
            (2, 38, 3),
        ),
    ),
    _Danger(
        "CVE-2024-32002",
        "cloning a hostile repository with its submodules can run its code",
        ((2, 39, 4), (2, 40, 2), (2, 41, 1), (2, 42, 2), (2, 43, 4), (2, 44, 1), (2, 45, 1)),
    ),
)


def _run(context: Context) -> Iterator[Finding]:
    try:
        version = git_version(context.git)
    except GitError as error:
        yield critical(f"git does not run: {error}", "install git", ("apt-get", "install", "git"))
        return
    if version.numbers is None:
        what = f"git says {version.shown!r}, which is no version"
        yield warning(what, "see which program is called git on PATH")
        return
    yield from [*_problems(version.numbers, version.shown)] or [ok(f"git {version.shown}")]


def _problems(version: tuple[int, int, int], shown: str) -> Iterator[Finding]:
    if version < _OLDEST:
        what = "cannot be kept from reading this machine's configuration; nothing is tested with it"
        yield critical(f"git {shown} {what}", "upgrade to git 2.39 or newer", _UPGRADE)
    elif version < _FORESEES:
        what = "cannot foresee conflicts: whether branches would conflict stays unknown"
        yield warning(f"git {shown} {what}", "upgrade to git 2.39 or newer", _UPGRADE)
    for danger in _DANGERS:
        if not _is_mended(version, danger):
            yield warning(
                f"git {shown} has {danger.name}, unless the distribution has mended it: {danger.what}",
                "upgrade git",
                _UPGRADE,
            )


def _is_mended(version: tuple[int, int, int], danger: _Danger) -> bool:
    line = next((first for first in danger.mended if first[:2] == version[:2]), None)
    return version >= (danger.mended[-1] if line is None else line)


CHECK = Check(
    id="git-version",
    summary="git runs, is new enough, and has no known danger",
    well="git runs",
    reaches=Status.CRITICAL,
    run=_run,
)
