"""Running the cheap checks in another process: what they import and hold is gone with it."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from alignwatch.diagnostics.status import Status
from alignwatch.errors import AlignwatchError
from alignwatch.settings import Settings

_COMMAND = (sys.executable, "-P", "-m", "alignwatch.diagnostics")


class Asked(msgspec.Struct, frozen=True):
    """What the other process is told."""

    settings: Settings
    config: str | None


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """What one check came to."""

    id: str
    status: Status
    words: str
    """Of its worst finding."""


def examine_apart(settings: Settings, config: Path | None, deadline: float) -> list[Seen]:
    """What the cheap checks came to.

    Args:
        settings: complete.
        config: the file that they come from.
        deadline: seconds after which the other process is ended.

    Raises:
        AlignwatchError: it failed, or did not end in time.
    """
    asked = msgspec.json.encode(Asked(settings, None if config is None else os.fspath(config)))
    with _started() as process:
        try:
            said, complaint = process.communicate(asked, timeout=deadline)
        except subprocess.TimeoutExpired:
            raise AlignwatchError(f"the doctor did not end within {deadline:g} s and was ended") from None
        finally:
            # Whatever it has started ends with it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise AlignwatchError(
            f"the doctor ended with {process.returncode}: {lines[-1] if lines else 'no message'}"
        )
    return msgspec.json.decode(said, type=list[Seen])


def _started() -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(_COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
