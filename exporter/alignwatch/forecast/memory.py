"""Verdicts by pair of commits, kept in one small file a repository and question. They are true for ever."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from alignwatch.files import write_atomically
from alignwatch.snapshot import Verdict
from alignwatch.state_dir import name_in_cache

Pair = tuple[str, str]
"""Commits: a branch's tip and what it would be merged with."""
SPARE = 1000
"""So many verdicts are kept of pairs that are no longer there, and as many again as there are pairs."""


class Remembered(msgspec.Struct, frozen=True, array_like=True):
    """One verdict, with what it rests on besides the pair."""

    tip: str
    target: str
    merge_bases: tuple[str, ...]
    verdict: Verdict

    @property
    def pair(self) -> Pair:
        """What it is the verdict on."""
        return self.tip, self.target


Known = TypeVar("Known", bound=Remembered)


class Memory(Generic[Known]):
    """The file of one repository. One that cannot be read is as good as none, and is begun anew."""

    def __init__(self, question: str, kept: type[list[Known]], repository: Path, cache_dir: Path) -> None:
        self._type = kept
        self._file = cache_dir / f"{name_in_cache(question, repository)}.msgpack"

    def load(self) -> dict[Pair, Known]:
        """Everything remembered, the newest last."""
        with suppress(OSError, msgspec.DecodeError):
            kept = msgspec.msgpack.decode(self._file.read_bytes(), type=self._type)
            return {one.pair: one for one in kept}
        return {}

    def save(self, known: Mapping[Pair, Known], current: Collection[Pair]) -> None:
        """Keeps what is known of the current pairs, and the newest of the others as far as there is room.

        Raises:
            OSError: the file cannot be written.
        """
        others = [pair for pair in known if pair not in current]
        dropped = set(others[: max(0, len(others) - len(current) - SPARE)])
        kept: Iterable[Known] = [one for pair, one in known.items() if pair not in dropped]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._file, msgspec.msgpack.encode(kept))
