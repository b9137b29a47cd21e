"""Verdicts by pair of commits, kept in one small file a repository. They are true for ever."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from alignwatch.files import write_atomically
from alignwatch.snapshot import Verdict
from alignwatch.state_dir import name_in_cache

Pair = tuple[str, str]
"""Commits: a branch's tip and its target's."""
SPARE = 1000
"""So many verdicts are kept of pairs that are no longer there, and as many again as there are pairs."""


class Remembered(msgspec.Struct, frozen=True, array_like=True):
    """One verdict, with what the rule of changed paths needs."""

    tip: str
    target: str
    merge_bases: tuple[str, ...]
    verdict: Verdict


class Memory:
    """The file of one repository. One that cannot be read is as good as none, and is begun anew."""

    def __init__(self, repository: Path, cache_dir: Path) -> None:
        self._file = cache_dir / f"{name_in_cache('forecast', repository)}.msgpack"

    def load(self) -> dict[Pair, Remembered]:
        """Everything remembered, the newest last."""
        with suppress(OSError, msgspec.DecodeError):
            kept = msgspec.msgpack.decode(self._file.read_bytes(), type=list[Remembered])
            return {(one.tip, one.target): one for one in kept}
        return {}

    def save(self, known: Mapping[Pair, Remembered], current: Collection[Pair]) -> None:
        """Keeps what is known of the current pairs, and the newest of the others as far as there is room.

        Raises:
            OSError: the file cannot be written.
        """
        others = [pair for pair in known if pair not in current]
        dropped = set(others[: max(0, len(others) - len(current) - SPARE)])
        kept: Iterable[Remembered] = [one for pair, one in known.items() if pair not in dropped]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._file, msgspec.msgpack.encode(kept))
