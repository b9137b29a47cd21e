"""What was measured, kept in one file a repository, so that a restart need not walk its history again."""

from contextlib import suppress
from pathlib import Path

import msgspec

from alignwatch.files import write_atomically
from alignwatch.git.revisions import Drift, Pair
from alignwatch.git.tips import Tip
from alignwatch.state_dir import name_in_cache


class Kept(msgspec.Struct, frozen=True):
    """What is known of one repository."""

    history: str = ""
    """The mark of :func:`alignwatch.git.history.history_mark` for which it is true."""
    drifts: dict[Pair, Drift] = {}
    tips: dict[str, Tip] = {}
    """By commit."""
    walk_seconds: float = 0.0
    """How long that takes."""
    commits: int = 0
    """How many a walk of all branches meets."""


class Memory:
    """The file of one repository. One that cannot be read, or written, is as good as none."""

    def __init__(self, repository: Path, cache_dir: Path | None) -> None:
        self._file = cache_dir / f"{name_in_cache('divergence', repository)}.msgpack" if cache_dir else None

    def load(self) -> Kept:
        """What was kept last."""
        if self._file is not None:
            with suppress(OSError, msgspec.DecodeError):
                return msgspec.msgpack.decode(self._file.read_bytes(), type=Kept)
        return Kept()

    def save(self, kept: Kept) -> None:
        """Keeps it."""
        if self._file is not None:
            with suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self._file, msgspec.msgpack.encode(kept))
