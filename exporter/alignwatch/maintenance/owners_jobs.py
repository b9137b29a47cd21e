"""What the owner of this machine has scheduled by other means: cron tables and systemd timers, only read."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from alignwatch.errors import UsageError
from alignwatch.maintenance.cron import dues, fault
from alignwatch.text import printable

SYSTEM_TABLES = (Path("/etc/crontab"), Path("/etc/cron.d"))
LOCAL_TIME = Path("/etc/localtime")

_DEADLINE = 5.0
_OUR_COMMAND = "alignwatch maintenance run-due"
_OUR_TIMER = "alignwatch-maintenance.timer"
_MOST = 2000
_ASSIGNMENT = re.compile(r"""\s*["']?(\w+)["']?\s*=\s*["']?([^"']*)""")
_WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class Job(NamedTuple):
    """One job, and when it is due in the span that was asked for."""

    source: str
    """Where it is scheduled."""
    program: str
    """What it runs, without its arguments: these may hold secrets."""
    moments: tuple[float, ...]
    """Seconds since the epoch; at most so many as are worth telling."""


def owners_jobs(begin: float, end: float) -> Iterator[Job]:
    """All that this user may see, but our own.

    Args:
        begin: seconds since the epoch.
        end: likewise.
    """
    yield from _jobs_in("crontab -l", _printed("crontab", "-l"), begin, end, with_user=False)
    for path in SYSTEM_TABLES:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in files:
            with suppress(OSError):
                text = file.read_text(errors="backslashreplace")
                yield from _jobs_in(printable(str(file)), text, begin, end, with_user=True)
    for scope in ("--system", "--user"):
        yield from _timers(scope, begin, end)


def _jobs_in(source: str, table: str, begin: float, end: float, *, with_user: bool) -> Iterator[Job]:
    zone = _local_zone()
    for line in table.splitlines():
        if assigned := _ASSIGNMENT.match(line):
            if assigned[1] == "CRON_TZ":
                zone = assigned[2].strip()
            continue
        words = line.split()
        schedule = 1 if line.startswith("@") else 5
        cron = _WORDS.get(words[0], "") if schedule == 1 else " ".join(words[:5])
        command = words[schedule + with_user :]
        if line.startswith("#") or not command or fault(cron) or _OUR_COMMAND in line:
            continue
        moments = []
        with suppress(UsageError):  # CRON_TZ may name what is no time zone
            for due in dues(cron, zone, begin, end):
                moments.append(due)
                if len(moments) == _MOST:
                    break
        yield Job(source, printable(command[0]), tuple(moments))


def _timers(scope: str, begin: float, end: float) -> Iterator[Job]:
    printed = _printed("systemctl", scope, "list-timers", "--all", "--output=json")
    with suppress(ValueError, TypeError, KeyError):
        for timer in json.loads(printed):
            # In microseconds; systemd tells of the next time only.
            due = (timer["next"] or 0) / 1e6
            if begin < due <= end and timer["unit"] != _OUR_TIMER:
                yield Job("systemd timer", printable(timer["unit"]), (due,))


def _printed(*command: str) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_DEADLINE, check=True
        )
        return done.stdout.decode("utf-8", "backslashreplace")
    return ""


def _local_zone() -> str:
    """That of the machine's clock on the wall, by which cron goes."""
    if zone := os.environ.get("TZ", "").removeprefix(":"):
        return zone
    _, _, name = str(LOCAL_TIME.resolve()).partition("zoneinfo/")
    return name or "UTC"
