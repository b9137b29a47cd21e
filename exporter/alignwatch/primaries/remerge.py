"""A merge done once more, as git does it without anybody's help.

What git writes goes into the shadow; but what it would write and finds in the repository, it gives a new time
stamp there. A merge that nobody altered has its result in the repository.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alignwatch.git.blobs import FILE_MODES
from alignwatch.git.command import GitError
from alignwatch.primaries.inquiry import Inquiry

_SOMEBODY = {
    f"GIT_{role}_{what}": "alignwatch" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


@dataclass(frozen=True, slots=True)
class Stages:
    """The blobs of a file in conflict; None where it is not there, or is no file."""

    base: str | None = None
    ours: str | None = None
    theirs: str | None = None

    @property
    def blobs(self) -> tuple[str, ...]:
        """Those that there are."""
        return tuple(one for one in (self.base, self.ours, self.theirs) if one is not None)


@dataclass(frozen=True, slots=True)
class Remerge:
    """What came of it."""

    tree: str
    """Conflicts stand in its files as in a work tree."""
    conflicted: Mapping[bytes, Stages]
    """By path."""


def remerge(inquiry: Inquiry, parents: Sequence[str]) -> Remerge:
    """Merges commits, one after another into the first.

    Raises:
        GitError: git cannot do it, or not in time.
    """
    ours, *others = parents
    conflicted: dict[bytes, Stages] = {}
    for position, theirs in enumerate(others, start=1):
        merged = _merge_two(inquiry, ours, theirs)
        conflicted.update(merged.conflicted)
        if position < len(others):
            arguments = ("commit-tree", "-m", "octopus", "-p", ours, "-p", theirs, merged.tree)
            ours = inquiry.ask(*arguments, environment=_SOMEBODY).decode("ascii").strip()
    return Remerge(merged.tree, conflicted)


def _merge_two(inquiry: Inquiry, ours: str, theirs: str) -> Remerge:
    # Histories without a common commit are merged on purpose, too.
    arguments = ("merge-tree", "--write-tree", "-z", "--no-messages", "--allow-unrelated-histories")
    said = inquiry.ask(*arguments, ours, theirs, expected=(0, 1))
    tree, *entries = said.split(b"\0")
    if not tree:
        raise GitError(f"git merge-tree could not merge {ours} and {theirs}", reason="git")
    return Remerge(tree.decode("ascii"), _stages(entries))


def _stages(entries: Iterable[bytes]) -> dict[bytes, Stages]:
    found: dict[bytes, dict[str, str]] = {}
    for entry in _until_empty(entries):
        described, _, path = entry.partition(b"\t")
        mode, blob, stage = described.decode("ascii").split(" ")
        stages = found.setdefault(path, {})
        if mode in FILE_MODES:
            stages[stage] = blob
    return {path: Stages(one.get("1"), one.get("2"), one.get("3")) for path, one in found.items()}


def _until_empty(entries: Iterable[bytes]) -> Iterator[bytes]:
    for entry in entries:
        if not entry:
            return
        yield entry
