"""What a command line asks of git."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

_OPTIONS_WITH_VALUE = frozenset(
    ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source")
)


class GitCall(NamedTuple):
    """One call of git."""

    subcommand: str
    folder: str | None
    """The absolute folder that its ``-C`` options lead to; None where they give none."""
    arguments: tuple[str, ...] = ()
    """What follows the subcommand."""


def git_call(arguments: Sequence[str]) -> GitCall | None:
    """The call that a command line makes; None when its program is not git.

    Args:
        arguments: a process's command line, the program first; may be empty.
    """
    name = PurePath(arguments[0]).name if arguments else ""
    if name.startswith("git-"):
        return GitCall(name.removeprefix("git-"), None, tuple(arguments[1:]))
    if name != "git":
        return None
    folder = PurePath()
    rest = iter(arguments[1:])
    for argument in rest:
        if not argument.startswith("-"):
            return GitCall(argument, str(folder) if folder.is_absolute() else None, tuple(rest))
        value = next(rest, "") if argument in _OPTIONS_WITH_VALUE else ""
        if argument == "-C":
            folder /= value
    return GitCall("", None)
