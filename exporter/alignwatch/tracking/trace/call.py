"""What somebody asked git to do, from the words of the command line."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from alignwatch.git.call import git_call


class Action(Enum):
    """What a command is to an operation."""

    START = auto()
    GO_ON = auto()
    GIVE_UP = auto()
    NONE = auto()
    """It only shows or prepares something."""


class Call(NamedTuple):
    """The words that matter."""

    action: Action
    named: str
    """The other side as it is named: what is rebased onto, merged or pulled. Empty without one."""
    branch: str
    """The branch that a rebase names; empty without one."""
    commits: bool
    """False where it is told to leave the last step, the commit, to a person."""
    several: bool
    """Whether it may make several commits."""


_ACTIONS = {
    "--continue": Action.GO_ON,
    "--skip": Action.GO_ON,
    "--resolved": Action.GO_ON,
    "--abort": Action.GIVE_UP,
    "--quit": Action.GIVE_UP,
    "--edit-todo": Action.NONE,
    "--show-current-patch": Action.NONE,
}
_PICKS = ("cherry-pick", "revert")
_TAKES_VALUE = {
    "rebase": (
        "--onto",
        "-s",
        "--strategy",
        "-X",
        "--strategy-option",
        "-x",
        "--exec",
        "--whitespace",
        "--empty",
    ),
    "merge": (
        "-m",
        "-F",
        "--file",
        "-s",
        "--strategy",
        "-X",
        "--strategy-option",
        "--into-name",
        "--cleanup",
    ),
    "pull": (
        "-s",
        "--strategy",
        "-X",
        "--strategy-option",
        "--cleanup",
        "--upload-pack",
        "--depth",
        "--deepen",
        "--shallow-since",
        "--shallow-exclude",
        "--refmap",
        "-o",
        "--server-option",
        "-j",
        "--jobs",
    ),
}
"""Options whose value may be a word of its own, of the commands whose other words matter."""


def read_call(name: str, command: Sequence[str]) -> Call:
    """Understands a command line.

    Args:
        name: git's command, such as ``rebase``.
        command: the whole command line, the program first; an alias is resolved.
    """
    call = git_call(command)
    options, words = _sorted(call.arguments if call else (), _TAKES_VALUE.get(name, ()))
    action = next((_ACTIONS[option] for option, _ in options if option in _ACTIONS), Action.START)
    if name == "am" and "-r" in dict(options):
        action = Action.GO_ON
    onto = dict(options).get("--onto", "")
    position = 1 if name == "pull" else 0
    named = words[position] if len(words) > position and name in _TAKES_VALUE else ""
    one_pick = name in _PICKS and len(words) == 1 and ".." not in words[0]
    return Call(
        action=action,
        named=onto or named,
        branch=words[1] if name == "rebase" and len(words) > 1 else "",
        commits="--no-commit" not in dict(options),
        several=name != "merge" and not one_pick,
    )


def _sorted(arguments: Sequence[str], takes_value: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The options, each with its value, and the other words."""
    options: list[tuple[str, str]] = []
    words: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            words += rest
        elif argument.startswith("-") and argument != "-":
            option, assigned, value = argument.partition("=")
            options.append((option, value if assigned or option not in takes_value else next(rest, "")))
        else:
            words.append(argument)
    return options, words
