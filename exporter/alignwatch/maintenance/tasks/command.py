"""Runs a program of the user's, without a shell, in the repository if it is given one."""

import os
import shlex
import subprocess
from signal import Signals

from alignwatch.maintenance.task import Context, Needs, Result, Task, TaskError
from alignwatch.text import printable


def _run(context: Context) -> Result:
    command = context.task.command
    if context.dry_run:
        return Result(summary=(f"would run {printable(shlex.join(command))}",))
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
        how = Signals(-code).name if code < 0 else f"exit code {code}"
        raise TaskError(f"{printable(os.path.basename(command[0]))} ended with {how}", code)  # noqa: PTH119
    return Result()


TASK = Task(
    summary="run a program of yours",
    needs=Needs(quiet=True),
    run=_run,
)
