"""What a process runs, by its arguments: which program or script, which subcommand of git."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class _Interpreter:
    """A program that runs a script, and how to find the script among its options."""

    name: re.Pattern[str]
    code: str
    """Letters of options after which no script follows but code, or standard input."""
    valued: str
    """Letters of options that take the next argument."""
    module: str = ""
    """Letter of the option that names a module in place of a script."""


_INTERPRETERS = (
    _Interpreter(re.compile(r"(python|pypy)[\d.]*"), code="c", valued="WX", module="m"),
    _Interpreter(re.compile(r"(ba|da|k|z)?sh"), code="cs", valued="oO"),
    _Interpreter(re.compile(r"node(js)?"), code="ep", valued="rC"),
    _Interpreter(re.compile(r"perl[\d.]*"), code="eE", valued="I"),
    _Interpreter(re.compile(r"ruby[\d.]*"), code="e", valued="CIr"),
)
_GIT_OPTIONS_WITH_VALUE = frozenset(
    ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source")
)


def program_name(arguments: Sequence[str]) -> str:
    """The base name of the program, or of the script or module that an interpreter runs.

    Args:
        arguments: a process's command line, the program first; may be empty.
    """
    if not arguments:
        return ""
    name = PurePath(arguments[0]).name.removeprefix("-")  # login shells begin with a dash
    for interpreter in _INTERPRETERS:
        if interpreter.name.fullmatch(name):
            return _script(interpreter, arguments) or name
    return name


def _script(interpreter: _Interpreter, arguments: Sequence[str]) -> str:
    rest = iter(arguments[1:])
    for argument in rest:
        if argument.startswith("--"):
            continue
        if not argument.startswith(("-", "+")):
            return PurePath(argument).name
        if argument[-1] in interpreter.code:
            return ""
        if argument[-1] in interpreter.module:
            return next(rest, "")
        if argument[-1] in interpreter.valued:
            next(rest, "")
    return ""


@dataclass(frozen=True, slots=True)
class GitCall:
    """One call of git."""

    subcommand: str
    folder: str | None
    """The absolute folder that its ``-C`` options lead to; None where they give none."""


def git_call(arguments: Sequence[str]) -> GitCall | None:
    """The call that a command line makes; None when its program is not git.

    Args:
        arguments: a process's command line, the program first; may be empty.
    """
    name = PurePath(arguments[0]).name if arguments else ""
    if name.startswith("git-"):
        return GitCall(name.removeprefix("git-"), None)
    if name != "git":
        return None
    folder = PurePath()
    rest = iter(arguments[1:])
    for argument in rest:
        if not argument.startswith("-"):
            return GitCall(argument, str(folder) if folder.is_absolute() else None)
        value = next(rest, "") if argument in _GIT_OPTIONS_WITH_VALUE else ""
        if argument == "-C":
            folder /= value
    return GitCall("", None)
