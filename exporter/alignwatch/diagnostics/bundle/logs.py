"""The ends of our own logs: those of the local stack, and what the service has told the system's journal."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from alignwatch.diagnostics.bundle.part import AbsentError, Member
from alignwatch.diagnostics.context import Context
from alignwatch.stack.addresses import stack_dir

_MOST_LOGS = 20
_TAIL_BYTES = 256 * 1024
_LINES = 2000
_SECONDS = 8.0
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_UNITS = ("alignwatch", "alignwatch-maintenance")


def collect(context: Context) -> Iterator[Member]:
    """``logs/<name>.log`` of the local stack, and ``logs/service.log``."""
    folder = stack_dir(context.state_folder)
    logs = sorted(folder.glob("*.log"))[:_MOST_LOGS] if folder.is_dir() else []
    for log in logs:
        # A link may lead to what is no log of ours.
        if log.is_file() and not log.is_symlink():
            yield Member(f"logs/{log.name}", _tail(log))
    told = _service(context)
    if told:
        yield Member("logs/service.log", told)
    elif not logs:
        raise AbsentError("there is no local stack here, and no service has told journald anything")


def _tail(log: Path) -> str:
    """Its last lines. The first one that is read may lack its beginning, which would tell what it holds."""
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        read = file.read(_TAIL_BYTES)
    if size > _TAIL_BYTES:
        read = read.partition(b"\n")[2]
    # A colour would part a name from what is assigned to it.
    return _COLOUR.sub("", read.decode("utf-8", "backslashreplace"))


def _service(context: Context) -> str:
    """What journald has of our units; nothing where there is no journald, or nothing in it."""
    program = shutil.which("journalctl", path=context.environment.get("PATH"))
    if program is None:
        return ""
    units = [f"--unit={unit}" for unit in _UNITS]
    told = ""
    for whose in ((), ("--user",)):
        command = [program, *whose, *units, f"--lines={_LINES}", "--output=short-iso", "--no-hostname"]
        try:
            done = subprocess.run(
                [*command, "--no-pager", "--quiet"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=dict(context.environment),
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise AbsentError(f"journalctl did not end within {_SECONDS:g} s") from error
        told += done.stdout.decode("utf-8", "backslashreplace")
    return told
