"""What a process runs, by its arguments: which program or script."""

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
