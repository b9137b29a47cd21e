"""Patterns of branches that do something else than they seem to.

Patterns are those of the shell: `feature/*`, not `feature/.*`, which matches a branch as a regular expression
and none as it is meant. Of `targets` the first match wins, so one that
stands behind a wider one is never reached. A primary that `ignore` matches is not counted, and where
everything is ignored nothing is watched. A remote that the repository does not have has no branches.
"""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from alignwatch.diagnostics.check import Check, Finding, critical, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import git_settings
from alignwatch.diagnostics.status import Status
from alignwatch.git.refs import read_branches
from alignwatch.settings import Repository

_REGULAR_EXPRESSION = re.compile(r"\\[dwsb.]|\(.*\|.*\)|^\^|\$$")
_PERHAPS_ONE = re.compile(r"\.[*+]")
"""``release-1.*`` is as good a pattern as ``feature/.*`` is a bad one."""


def _run(context: Context) -> Iterator[Finding]:
    repository = context.repository
    here = f"repositories[{context.settings.repositories.index(repository)}]"
    names = [branch.text for branch in read_branches(context.git, context.path, 4.0).branches]
    for key, pattern in _patterns(repository):
        if _is_regular_expression(pattern, names):
            yield warning(
                f"{pattern!r} looks like a regular expression, and patterns are those of the shell",
                "write it as the shell matches file names, such as feature/*",
                key=f"{here}.{key}",
            )
    yield from _never_reached(repository, here)
    for primary in repository.primaries:
        if (ignoring := _first_match(repository.ignore, primary)) is not None:
            yield critical(
                f"the primary {primary!r} is ignored, by {ignoring!r}",
                "make the pattern narrower",
                key=f"{here}.ignore",
            )
    remotes = {
        name.split(".", 1)[1].rpartition(".")[0] for name, _ in git_settings(context) if _is_remote(name)
    }
    for remote in repository.remotes:
        if remote not in remotes:
            yield warning(
                f"the repository has no remote {remote!r}: none of its branches is counted",
                f"name one that it has: {', '.join(sorted(remotes)) or 'it has none'}",
                ("git", "-C", repository.path, "remote", "--verbose"),
                key=f"{here}.remotes",
            )


def _is_regular_expression(pattern: str, names: Sequence[str]) -> bool:
    if _REGULAR_EXPRESSION.search(pattern):
        return True
    if not _PERHAPS_ONE.search(pattern) or any(fnmatchcase(name, pattern) for name in names):
        return False
    try:
        return any(re.fullmatch(pattern, name) for name in names)
    except re.error:
        return False


def _patterns(repository: Repository) -> Iterator[tuple[str, str]]:
    for number, target in enumerate(repository.targets):
        yield f"targets[{number}].branches", target.branches
    for number, pattern in enumerate(repository.ignore):
        yield f"ignore[{number}]", pattern
    for number, pattern in enumerate(repository.protected):
        yield f"protected[{number}]", pattern


def _never_reached(repository: Repository, here: str) -> Iterator[Finding]:
    targets = repository.targets
    for number, later in enumerate(targets):
        for earlier in targets[:number]:
            # Read as a name, a pattern is matched by every pattern that is wider.
            if fnmatchcase(later.branches, earlier.branches):
                yield warning(
                    f"{later.branches!r} is never reached: {earlier.branches!r} stands before it",
                    "put the narrower pattern first",
                    key=f"{here}.targets[{number}].branches",
                )
                break


def _is_remote(name: str) -> bool:
    return name.startswith("remote.") and name.endswith(".url")


def _first_match(patterns: tuple[str, ...], name: str) -> str | None:
    return next((pattern for pattern in patterns if fnmatchcase(name, pattern)), None)


CHECK = Check(
    id="branch-patterns",
    summary="patterns of branches match what they seem to",
    well="patterns match what they seem to",
    reaches=Status.CRITICAL,
    each_repository=True,
    run=_run,
)
