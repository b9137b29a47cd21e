"""When a branch's last commit was made, and by whom."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.command import Git

DESCRIBED = ("--encoding=UTF-8", "--format=%ct %an <%ae>")
"""Options with which ``git rev-list`` prints what :func:`parse` reads."""


@dataclass(frozen=True, slots=True)
class Tip:
    """One commit."""

    time: float
    """Commit time in seconds since the epoch."""
    author: str
    r"""``name <address>``, as the commit has it; bytes that are not UTF-8 are written ``\xe9``."""


def read_tips(
    git: Git,
    repository: Path,
    commits: Iterable[str],
    deadline: float,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Tip]:
    """Reads commits; what is missing, or is no commit, or has no time, is left out.

    Raises:
        GitError: one of them is damaged, or git could not tell.
    """
    done = git.run(
        repository,
        *("rev-list", "--no-walk=unsorted", "--ignore-missing", *DESCRIBED, "--stdin"),
        deadline=deadline,
        stdin="".join(f"{commit}\n" for commit in commits).encode(),
        environment=environment,
    )
    return {commit: tip for (commit, *_), tip in parse(done.stdout)}


def parse(printed: bytes) -> Iterator[tuple[list[str], Tip]]:
    """For each commit, its id, with its parents' where these were asked for, and what it is."""
    # Each is a line "commit <id> ...", and one in our format.
    lines = iter(printed.decode("utf-8", "backslashreplace").split("\n"))
    for header, described in zip(lines, lines, strict=False):
        stamp, _, author = described.partition(" ")
        # git prints no time where the commit has none that it can read.
        if stamp:
            yield header.split()[1:], Tip(float(stamp), author)
