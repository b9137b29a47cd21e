"""What came of restoring a backup on trial, noted beside it: good ones are known though all else is lost."""

from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from alignwatch.files import write_atomically

VERDICT = "verification.json"


class Verdict(Struct, frozen=True, kw_only=True):
    """The last trial of one backup."""

    checked: float
    """Seconds since the epoch."""
    fault: str | None
    """None: it was restored, whole."""
    restore_seconds: float | None
    """None where it could not be restored."""

    @property
    def sound(self) -> bool:
        """Whether it was restored, whole."""
        return self.fault is None


def write_verdict(folder: Path, verdict: Verdict) -> None:
    """Notes it, in place of an earlier one.

    Raises:
        OSError: it cannot be written.
    """
    write_atomically(folder / VERDICT, msgspec.json.encode(verdict), 0o600)


def read_verdict(folder: Path) -> Verdict | None:
    """The last one; None where there is none, or none that can be read."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((folder / VERDICT).read_bytes(), type=Verdict)
    return None
