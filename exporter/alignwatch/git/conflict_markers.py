"""Conflict markers that were left in what an operation merged.

Only files that differ from every source are looked at, as in the combined diff of a merge commit: what is
as one side had it was not merged. A file that no source has is somebody's own. A file is found when it
holds more conflicts than its sources together, so that those which hold some on purpose are not. A conflict
is a line ``<<<<<<< ...``, then ``=======``, then ``>>>>>>> ...``; none of them alone means anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from alignwatch.git.blobs import FILE_MODES, blob_lines, blob_sizes
from alignwatch.git.command import Git

LARGEST_FILE = 1 << 20
"""Bytes; nobody resolves a conflict by hand in what is larger."""
MOST_FILES = 10_000
"""What one operation changed beyond so many files is not looked at."""

_BEGIN, _MIDDLE, _END = b"<<<<<<< ", b"=======", b">>>>>>> "


class Found(NamedTuple):
    """Files with conflicts."""

    paths: tuple[bytes, ...]
    complete: bool
    """False where more than :data:`MOST_FILES` were to be looked at, and the rest was not."""


class _Merged(NamedTuple):
    """One file that differs from every source; ids of blobs."""

    path: bytes
    blob: str
    sources: tuple[str, ...]
    """Of those sources that have the file."""


def leaves_conflict_markers(
    git: Git, repository: Path, result: str, sources: Sequence[str], deadline: float
) -> bool:
    """Whether a commit holds conflicts that none of the commits it was made of had.

    Binary files, symbolic links, files of more than :data:`LARGEST_FILE` and objects that a partial clone
    lacks are passed over.

    Args:
        git: runs it.
        repository: the repository.
        result: a commit.
        sources: two commits or more; one that counts twice where there is only one.
        deadline: seconds for each of at most three commands.

    Raises:
        GitError: git could not tell.
    """
    return bool(conflicted_files(git, repository, result, sources, deadline).paths)


def conflicted_files(
    git: Git,
    repository: Path,
    result: str,
    sources: Sequence[str],
    deadline: float,
    *,
    added: bool = False,
) -> Found:
    """The files of a commit that hold more conflicts than the commits it was made of together.

    Args:
        git: as in :func:`leaves_conflict_markers`.
        repository: likewise.
        result: likewise.
        sources: likewise.
        deadline: likewise.
        added: look at files, too, that no source has.

    Raises:
        GitError: git could not tell.
    """
    merged, complete = _merged(git, repository, result, sources, deadline, added=added)
    blobs = {blob for file in merged for blob in (file.blob, *file.sources)}
    conflicts = conflicts_in(git, repository, blobs, deadline)
    paths = tuple(
        file.path
        for file in merged
        if all(source in conflicts for source in file.sources)
        and conflicts.get(file.blob, 0) > sum(conflicts[source] for source in file.sources)
    )
    return Found(paths, complete)


def conflicts_in(git: Git, repository: Path, blobs: Iterable[str], deadline: float) -> Mapping[str, int]:
    """How many conflicts each blob holds; those that are passed over are left out.

    Raises:
        GitError: git could not tell.
    """
    sizes = blob_sizes(git, repository, blobs, deadline)
    small = [blob for blob, size in sizes.items() if size <= LARGEST_FILE]
    with blob_lines(git, repository, small, deadline) as contents:
        return {blob: _count(lines) for blob, lines in contents}


def _merged(
    git: Git, repository: Path, result: str, sources: Sequence[str], deadline: float, *, added: bool
) -> tuple[list[_Merged], bool]:
    commits, complete = (result, *sources), True
    found: list[_Merged] = []
    with git.fields(
        repository,
        *("diff", "-c", "--raw", "-z", "--no-abbrev", "--no-renames", "--ignore-submodules=all"),
        *("--no-ext-diff", "--no-textconv", *commits, "--"),
        deadline=deadline,
    ) as records:
        for record, path in zip(records, records, strict=True):
            # One colon and one mode a source, the result's mode, the ids likewise, then what happened.
            fields = record.decode("ascii").lstrip(":").split(" ")
            *modes, mode = fields[: len(commits)]
            *blobs, blob = fields[len(commits) : -1]
            had = (one for one, source in zip(blobs, modes, strict=True) if source in FILE_MODES)
            sources_of_it = tuple(dict.fromkeys(had))
            if mode in FILE_MODES and (sources_of_it or added):
                complete = len(found) < MOST_FILES
                if complete:
                    found.append(_Merged(path, blob, sources_of_it))
    return found, complete


def _count(lines: Iterable[bytes]) -> int:
    found, expected, binary = 0, _BEGIN, False
    for line in lines:
        binary = binary or b"\0" in line
        if line.startswith(_BEGIN):
            expected = _MIDDLE
        elif expected == _MIDDLE and line.rstrip(b"\r\n") == _MIDDLE:
            expected = _END
        elif expected == _END and line.startswith(_END):
            found, expected = found + 1, _BEGIN
    return 0 if binary else found
