"""Where the branches of a repository were at the last look, kept in one small file over restarts."""

from contextlib import suppress
from pathlib import Path

import msgspec

from alignwatch.files import write_atomically
from alignwatch.state_dir import name_in_cache


class Suspect(msgspec.Struct, frozen=True, array_like=True):
    """A branch that no longer holds what it held, where nothing else seems to."""

    branch: bytes
    """Full name of its ref."""
    tip: str
    """The commit that it was at."""
    since: float
    """When that was found out, in seconds since the epoch."""
    failures: int = 0
    """How often it could not be judged."""


class LastLook(msgspec.Struct, frozen=True, array_like=True):
    """What one look leaves to the next one."""

    tips: dict[bytes, str]
    """By the full name of the ref: the branches that people and bots work on."""
    suspects: tuple[Suspect, ...] = ()


class Memory:
    """The file of one repository. One that cannot be read is as good as none, and is begun anew."""

    def __init__(self, repository: Path, cache_dir: Path) -> None:
        self._file = cache_dir / f"{name_in_cache('heads', repository)}.msgpack"

    def load(self) -> LastLook | None:
        """The last look; None if there was none."""
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.msgpack.decode(self._file.read_bytes(), type=LastLook)
        return None

    def save(self, look: LastLook) -> None:
        """Keeps this look instead.

        Raises:
            OSError: the file cannot be written.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._file, msgspec.msgpack.encode(look))
