"""What can have happened to a primary, and what is said of it."""

from collections.abc import Iterable
from typing import NamedTuple

from alignwatch.git.refs import display

REWOUND = "rewound"
"""It was not moved forward: commits that it had are gone from it."""
NEVER_MERGE = "never_merge"
"""Commits of a primary's own line came into one that it must never be merged with."""
EMPTIED = "emptied"
"""Files that had content have none."""
MASS_DELETION = "mass_deletion"
"""A large part of its files is gone."""
LINES_LOST = "lines_lost"
"""A merge lacks lines that it should have brought or kept."""
CONFLICT_MARKERS = "conflict_markers"
"""Conflicts were committed unresolved."""
UNJUDGED = "unjudged"
"""Some of these could not be judged, and never will be."""

EVENTS = (REWOUND, NEVER_MERGE, EMPTIED, MASS_DELETION, LINES_LOST, CONFLICT_MARKERS, UNJUDGED)
"""All kinds of event, fit for a label."""

SHOWN_PATHS = 20
"""So many of the paths concerned are named."""
_DIGITS = 12


class Finding(NamedTuple):
    """One thing that happened in a move."""

    event: str
    """One of :data:`EVENTS`."""
    commit: str
    """What did it, or the new tip where that cannot be told. Of a rewound primary the oldest that is gone."""
    paths: tuple[str, ...]
    """The first :data:`SHOWN_PATHS`."""
    path_count: int
    detail: str
    """One line for people."""


class Paths:
    """Counts paths, and keeps the first of them."""

    def __init__(self, paths: Iterable[bytes] = ()) -> None:
        self.count = 0
        self.first: list[bytes] = []
        for path in paths:
            self.add(path)

    def add(self, path: bytes) -> None:
        """Takes in one more."""
        self.count += 1
        if self.count <= SHOWN_PATHS:
            self.first.append(path)


def finding(event: str, commit: str, paths: Paths, detail: str) -> Finding:
    """A finding whose paths are as git has them."""
    return Finding(event, commit, tuple(map(display, paths.first)), paths.count, detail)


def unjudged(commit: str, detail: str) -> Finding:
    """That something about a move up to this commit could not be judged, and why."""
    return finding(UNJUDGED, commit, Paths(), detail)


def short(commit: str) -> str:
    """A commit's id as people are shown it."""
    return commit[:_DIGITS]


def counted(number: int, what: str) -> str:
    """``1 file``, ``3 files``."""
    return f"{number} {what}{'' if number == 1 else 's'}"
