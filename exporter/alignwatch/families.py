"""Putting branches into a bounded number of families by their names."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

OTHER = "other"
_WORD = re.compile(r"[^-/]+")


def word_of(branch: str) -> str:
    """The word before the first ``-`` or ``/``: ``bolt/a-1`` and ``bolt-2`` are ``bolt``."""
    match = _WORD.search(branch)
    return match.group() if match else branch


def choose_families(branches: Iterable[str], always: Sequence[str], limit: int) -> frozenset[str]:
    """The families that get a name of their own; the rest is :data:`OTHER`.

    The ``limit`` largest, the alphabet deciding between equals, so that the same branches give the same
    families after a restart. A family of one branch is none.
    """
    sizes = Counter(map(word_of, branches))
    largest = sorted((-size, word) for word, size in sizes.items() if size > 1 and word not in always)
    return frozenset((*always, *(word for _, word in largest[:limit])))


def family_of(branch: str, families: frozenset[str]) -> str:
    """The family of one branch among those chosen."""
    word = word_of(branch)
    return word if word in families else OTHER
