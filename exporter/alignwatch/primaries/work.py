"""Work as a set of lines: what a merge should hold, and what of it is nowhere.

A line counts without its white space, so that indentation and line ends do not matter, and only if there is
something in it: more than three signs, a letter or digit among them. It is held as its hash.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

_FEWEST_SIGNS = 4
_WORD = re.compile(rb"\w")

Work = frozenset[int]
"""Distinct lines."""
NOTHING: Work = frozenset()


class Sides(NamedTuple):
    """What a file that both sides of a merge changed was before, and what it is on each side."""

    base: Work
    ours: Work
    theirs: Work

    @property
    def wanted(self) -> Work:
        """What a side added, and what both kept: nobody wanted that to go."""
        added = (self.ours | self.theirs) - self.base
        return added | (self.base & self.ours & self.theirs)


def work_in(lines: Iterable[bytes]) -> Work:
    """The work in a file; none in a binary one. Reads all lines."""
    found: set[int] = set()
    binary = False
    for line in lines:
        binary = binary or b"\0" in line
        text = b"".join(line.split())
        if not binary and len(text) >= _FEWEST_SIGNS and _WORD.search(text):
            found.add(hash(text))
    return NOTHING if binary else frozenset(found)
