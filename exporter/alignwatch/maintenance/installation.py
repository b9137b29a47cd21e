"""A timer that starts a runner: systemd's units, or a line for a cron table."""

import os
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

from alignwatch.errors import AlignwatchError, UsageError
from alignwatch.files import write_atomically
from alignwatch.text import printable

NAME = "alignwatch-maintenance"
MINUTES = 5
"""So often a runner looks what is due."""

_MARK = "# Written by: alignwatch maintenance install"
_DEADLINE = 30.0
_SERVICE = """\
{mark}
[Unit]
Description=Alignwatch maintenance: does what is due

[Service]
Type=oneshot
ExecStart={command}
WorkingDirectory={folder}
# 4: somebody was at work in a repository, and a task was put off.
SuccessExitStatus=4
KillMode=mixed
TimeoutStopSec=30
Nice=10
IOSchedulingClass=idle
"""
_TIMER = """\
{mark}
[Unit]
Description=Alignwatch maintenance: looks every {minutes} minutes what is due

[Timer]
OnCalendar=*:0/{minutes}
AccuracySec=1min

[Install]
WantedBy=timers.target
"""


class Scope(StrEnum):
    """Whose timer it is."""

    USER = "user"
    SYSTEM = "system"


def unit_folder(scope: Scope) -> Path:
    """Where systemd looks for an administrator's or a user's own units."""
    if scope is Scope.SYSTEM:
        return Path("/etc/systemd/system")
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "systemd" / "user"


class Installation:
    """The two units of one scope."""

    def __init__(self, scope: Scope, folder: Path | None = None) -> None:
        """Takes whose timer it is, and the folder of units if it is another one than systemd's usual."""
        self._scope = scope
        folder = folder or unit_folder(scope)
        self.service = folder / f"{NAME}.service"
        self.timer = folder / f"{NAME}.timer"

    def install(self, command: Sequence[str], folder: Path) -> None:
        """Writes the units, or writes them anew, and starts the timer.

        Args:
            command: what the timer runs.
            folder: where it runs.

        Raises:
            UsageError: a unit of the same name is somebody else's, or a name cannot stand in one.
            AlignwatchError: systemd refused; no unit is left that was not there before.
            OSError: a unit cannot be written.
        """
        _ensure_plain((*command, str(folder)))
        units = (self.service, self.timer)
        for unit in units:
            if unit.exists() and not _is_ours(unit):
                raise UsageError(f"{unit} was not written by us and stays as it is; move it away first")
        new = [unit for unit in units if not unit.exists()]
        self.service.parent.mkdir(parents=True, exist_ok=True)
        line = " ".join(map(_quoted, command))
        service = _SERVICE.format(mark=_MARK, command=line, folder=_as_folder(folder))
        write_atomically(self.service, service.encode())
        write_atomically(self.timer, _TIMER.format(mark=_MARK, minutes=MINUTES).encode())
        try:
            self._systemctl("daemon-reload")
            self._systemctl("enable", "--now", self.timer.name)
        except AlignwatchError as error:
            for unit in new:
                unit.unlink()
            raise AlignwatchError(
                f"{error}; without systemd: alignwatch maintenance install --print-cron"
            ) from None

    def uninstall(self) -> bool:
        """Stops the timer and removes the units that :meth:`install` wrote; returns False if there were none.

        Raises:
            AlignwatchError: systemd refused; the units stay.
        """
        ours = [unit for unit in (self.timer, self.service) if unit.exists() and _is_ours(unit)]
        if not ours:
            return False
        if self.timer in ours:
            self._systemctl("disable", "--now", self.timer.name)
        for unit in ours:
            unit.unlink()
        self._systemctl("daemon-reload")
        return True

    def _systemctl(self, *arguments: str) -> None:
        command = ("systemctl", f"--{self._scope}", *arguments)
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_DEADLINE, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AlignwatchError(f"{' '.join(command)}: {error}") from None
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "backslashreplace").strip().splitlines()
            raise AlignwatchError(f"{' '.join(command)}: {said[0] if said else 'no message'}")


def runner_command(config: Path | None, state_folder: Path) -> tuple[str, ...]:
    """What a timer runs."""
    given = ("--config", str(config.absolute())) if config else ()
    executable = (sys.executable, "-P", "-m", "alignwatch", "maintenance", "run-due")
    return (*executable, *given, "--state-dir", str(state_folder.absolute()))


def cron_line(command: Sequence[str], folder: Path) -> str:
    """A line for ``crontab -e``.

    Raises:
        UsageError: a name cannot stand in one.
    """
    _ensure_plain((*command, str(folder)))
    shell = f"cd {shlex.quote(str(folder))} && {shlex.join(command)}"
    # cron takes % for a line break, except after a backslash, and two backslashes for one. All of them stand
    # in single quotes: these are closed and opened again after each.
    shell = shell.replace("\\", "\\''").replace("%", r"\%")
    return f"*/{MINUTES} * * * * {shell}"


def _ensure_plain(words: Iterable[str]) -> None:
    """What follows a line break in a name would be a line of its own, in a unit and in a cron table."""
    for word in words:
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in word):
            raise UsageError(
                f"{printable(word)} holds a line break or another control character, or is not UTF-8, and no "
                "timer can be told of it; rename it, or go there by a link"
            )


def _is_ours(unit: Path) -> bool:
    return unit.read_text(errors="replace").startswith(_MARK)


def _as_folder(path: Path) -> str:
    """For ``WorkingDirectory=``, which knows no quotes: before a slash a blank or a backslash is itself."""
    return f"{path}/".replace("%", "%%")


def _quoted(word: str) -> str:
    """A word of ``ExecStart=``, see systemd.syntax(7) and systemd.service(5)."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'
