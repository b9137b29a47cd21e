"""Runs a program of the user's, without a shell, in the repository if it is given one."""

import os
import subprocess

from alignwatch.maintenance.order import how
from alignwatch.maintenance.task import Context, Needs, Result, Task, TaskError
from alignwatch.shell import typed
from alignwatch.text import printable


def _run(context: Context) -> Result:
    command = context.task.command
    if context.dry_run:
        return Result(summary=(f"would run {typed(command)}",))
    folder = None if context.repository is None else context.repository.path
    context.ensure_quiet()
    try:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=folder, pass_fds=context.inherited)
    except OSError as error:
        raise TaskError(f"{printable(command[0])} cannot be started: {error.strerror}", 127) from None
    try:
        code = program.wait()
    finally:
        # Told to end, it was told so too: it may tidy up for as long as it is let.
        program.wait()
    if code:
        raise TaskError(f"{printable(os.path.basename(command[0]))} ended with {how(code)}", code)  # noqa: PTH119
    return Result()


TASK = Task(
    summary="run a program of yours",
    needs=Needs(quiet=True),
    run=_run,
)
