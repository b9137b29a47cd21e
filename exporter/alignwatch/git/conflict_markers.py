"""Conflict markers that were left in what an operation merged.

Only files that differ from every source are looked at, as in the combined diff of a merge commit: what is
as one side had it was not merged. A file that no source has is somebody's own. A file is found when it
holds more conflicts than its sources together, so that those which hold some on purpose are not. A conflict
is a line ``<<<<<<< ...``, then ``=======``, then ``>>>>>>> ...``; none of them alone means anything.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from alignwatch.git.command import Git

LARGEST_FILE = 1 << 20
"""Bytes; nobody resolves a conflict by hand in what is larger."""
MOST_FILES = 10_000
"""What one operation changed beyond so many files is not looked at."""

_FILE_MODES = ("100644", "100755")
_BEGIN, _MIDDLE, _END = b"<<<<<<< ", b"=======", b">>>>>>> "


class _Merged(NamedTuple):
    """One file that differs from every source; ids of blobs."""

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
    merged = list(islice(_merged(git, repository, result, sources, deadline), MOST_FILES))
    blobs = {blob for file in merged for blob in (file.blob, *file.sources)}
    conflicts = _conflicts(git, repository, _small(git, repository, blobs, deadline), deadline)
    return any(
        conflicts.get(file.blob, 0) > sum(conflicts.get(source, 0) for source in file.sources)
        for file in merged
        if all(source in conflicts for source in file.sources)
    )


def _merged(
    git: Git, repository: Path, result: str, sources: Sequence[str], deadline: float
) -> Iterator[_Merged]:
    commits = (result, *sources)
    done = git.run(
        repository,
        *("diff", "-c", "--raw", "-z", "--no-abbrev", "--no-renames", "--ignore-submodules=all"),
        *("--no-ext-diff", "--no-textconv", *commits, "--"),
        deadline=deadline,
    )
    records = iter(done.stdout.split(b"\0")[:-1])
    for record, _ in zip(records, records, strict=True):
        # One colon and one mode a source, the result's mode, the ids likewise, then what happened.
        fields = record.decode("ascii").lstrip(":").split(" ")
        *modes, mode = fields[: len(commits)]
        *blobs, blob = fields[len(commits) : -1]
        had = tuple(one for one, source_mode in zip(blobs, modes, strict=True) if source_mode in _FILE_MODES)
        if mode in _FILE_MODES and had:
            yield _Merged(blob, tuple(dict.fromkeys(had)))


def _small(git: Git, repository: Path, blobs: Iterable[str], deadline: float) -> list[str]:
    stdin = "".join(f"{blob}\n" for blob in sorted(blobs)).encode()
    done = git.run(
        repository,
        *("cat-file", "--batch-check=%(objectname) %(objectsize)"),
        deadline=deadline,
        stdin=stdin,
    )
    answers = (line.split() for line in done.stdout.decode("ascii").splitlines())
    return [blob for blob, size in answers if size.isdecimal() and int(size) <= LARGEST_FILE]


def _conflicts(git: Git, repository: Path, blobs: Sequence[str], deadline: float) -> Mapping[str, int]:
    """How many conflicts each blob holds."""
    stdin = "".join(f"{blob}\n" for blob in blobs).encode()
    found = {}
    with git.lines(repository, "cat-file", "--batch", deadline=deadline, stdin=stdin) as lines:
        for header in lines:
            blob, _, size = header.decode("ascii").split()
            found[blob] = _count(_content(lines, int(size)))
    return found


def _content(lines: Iterator[bytes], size: int) -> Iterator[bytes]:
    left = size + 1  # A line feed that is not of the blob follows it.
    for line in lines:
        yield line
        left -= len(line)
        if left <= 0:
            return


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
