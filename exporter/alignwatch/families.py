"""Putting branches into a bounded number of families by their names."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from alignwatch.files import write_atomically
from alignwatch.settings import Families

OTHER = "other"
_LOYALTY = 1.5
"""A family that has a name loses it to one that is larger by more than this factor."""
_WORD = re.compile(r"[^-/]+")


def word_of(branch: str) -> str:
    """The word before the first ``-`` or ``/``: ``bolt/a-1`` and ``bolt-2`` are ``bolt``."""
    match = _WORD.search(branch)
    return match.group() if match else branch


def choose_families(
    branches: Iterable[str], always: Sequence[str], limit: int, before: Collection[str] = ()
) -> frozenset[str]:
    """The families that get a name of their own; the rest is :data:`OTHER`.

    The ``limit`` largest, the alphabet deciding between equals, so that the same branches give the same
    families. A family of one branch is none. But one that has a name keeps it as long as it has branches
    and no other is clearly larger: sizes that hover around the limit would else end and begin series.

    Args:
        branches: names.
        always: families that have a name in any case.
        limit: of the others.
        before: those that have a name already.
    """
    sizes = Counter(map(word_of, branches))
    others = (word for word, size in sizes.items() if word not in always and (size > 1 or word in before))
    weights = {word: sizes[word] * (_LOYALTY if word in before else 1) for word in others}
    largest = sorted(weights, key=lambda word: (-weights[word], word not in before, word))
    return frozenset((*always, *largest[:limit]))


def family_of(branch: str, families: frozenset[str]) -> str:
    """The family of one branch among those chosen."""
    word = word_of(branch)
    return word if word in families else OTHER


class FamilyNames:
    """Chooses the families of one repository; which they are outlives a restart, where there is a file."""

    def __init__(self, settings: Families, file: Path | None) -> None:
        self._settings = settings
        self._file = file
        self._chosen: frozenset[str] | None = None

    def choose(self, branches: Iterable[str]) -> frozenset[str]:
        """The families for these branches."""
        before = self._read() if self._chosen is None else self._chosen
        chosen = choose_families(branches, self._settings.names, self._settings.limit, before)
        if chosen != before:
            self._write(chosen)
        self._chosen = chosen
        return chosen

    def _read(self) -> frozenset[str]:
        with suppress(OSError, UnicodeDecodeError):
            if self._file is not None:
                return frozenset(filter(None, self._file.read_bytes().decode().split("\n")))
        return frozenset()

    def _write(self, chosen: frozenset[str]) -> None:
        # Without a file a restart chooses anew: no reason not to go on.
        with suppress(OSError):
            if self._file is not None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self._file, "".join(f"{word}\n" for word in sorted(chosen)).encode())
