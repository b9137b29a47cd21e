"""The content of many files, by the ids of their blobs, a line at a time."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from alignwatch.git.command import Git

FILE_MODES = frozenset({"100644", "100755"})
"""Of what has lines; symbolic links and submodules have none."""

Lines = Iterator[bytes]


def blob_sizes(git: Git, repository: Path, blobs: Iterable[str], deadline: float) -> dict[str, int]:
    """The bytes of each blob; those that a partial clone lacks are left out.

    Raises:
        GitError: git could not tell.
    """
    stdin = "".join(f"{blob}\n" for blob in sorted(blobs)).encode()
    done = git.run(
        repository,
        *("cat-file", "--batch-check=%(objectname) %(objectsize)"),
        deadline=deadline,
        stdin=stdin,
    )
    answers = (line.split() for line in done.stdout.decode("ascii").splitlines())
    return {blob: int(size) for blob, size in answers if size.isdecimal()}


@contextmanager
def blob_lines(
    git: Git, repository: Path, blobs: Sequence[str], deadline: float
) -> Iterator[Iterator[tuple[str, Lines]]]:
    """Streams blobs that are there, in their order, each with its lines, line feeds included.

    A blob's lines are to be read before the next blob is asked for. Its end counts as the end of a line.

    Raises:
        GitError: git could not read everything; when the block ends.
    """
    stdin = "".join(f"{blob}\n" for blob in blobs).encode()
    with git.lines(repository, "cat-file", "--batch", deadline=deadline, stdin=stdin) as lines:
        yield _each(lines)


def _each(lines: Lines) -> Iterator[tuple[str, Lines]]:
    for header in lines:
        blob, _, size = header.decode("ascii").split()
        yield blob, _content(lines, int(size))


def _content(lines: Lines, size: int) -> Lines:
    left = size + 1  # A line feed that is not of the blob follows it.
    for line in lines:
        yield line
        left -= len(line)
        if left <= 0:
            return
