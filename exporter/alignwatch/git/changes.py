"""What differs between commits' trees, many pairs in one ``git diff-tree`` run, renames not looked for."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from alignwatch.git.command import Git, GitError
from alignwatch.git.shadow import ISOLATED

_NOTHING = b"000000"
_FOLDER = b"040000"

Pair = tuple[str, str]
"""Object ids, the older first."""


@dataclass(frozen=True)
class Changes:
    """What differs between two trees. Paths are as git has them; a submodule counts as a file."""

    changed: set[bytes] = field(default_factory=set)
    """Files with another content or mode, the added and removed ones among them."""
    added: set[bytes] = field(default_factory=set)
    """Files that only the newer has."""
    removed: set[bytes] = field(default_factory=set)
    """Files that only the older has."""
    removed_folders: set[bytes] = field(default_factory=set)
    """Folders that only the older has."""
    versions: set[bytes] = field(default_factory=set)
    """What the newer has of the changed files: each path with mode and object id."""

    @cached_property
    def above_added(self) -> set[bytes]:
        """All folders above the added files."""
        found: set[bytes] = set()
        for path in self.added:
            folder = path.rpartition(b"/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition(b"/")[0]
        return found

    @cached_property
    def contents(self) -> set[bytes]:
        """The object ids of all versions."""
        return {version.rpartition(b" ")[2] for version in self.versions}

    def note(self, path: bytes, before: bytes, after: bytes, object_id: bytes) -> None:
        """Takes in one entry by its modes and what the newer has."""
        if after not in (_NOTHING, _FOLDER):
            self.versions.add(b"%s\0%s %s" % (path, after, object_id))
        if before not in (_NOTHING, _FOLDER):
            self.changed.add(path)
            if after in (_NOTHING, _FOLDER):
                self.removed.add(path)
        elif after not in (_NOTHING, _FOLDER):
            self.changed.add(path)
            self.added.add(path)
        elif after == _NOTHING:
            self.removed_folders.add(path)


def trees_of(git: Git, repository: Path, commits: Iterable[str], deadline: float) -> dict[str, str]:
    """The tree of each commit that exists.

    Raises:
        GitError: git could not tell.
    """
    asked = list(dict.fromkeys(commits))
    stdin = "".join(f"{commit}^{{tree}}\n" for commit in asked).encode()
    done = git.run(
        repository,
        "cat-file",
        "--batch-check=%(objectname)",
        deadline=deadline,
        stdin=stdin,
        nice=True,
        environment=ISOLATED,
    )
    answers = done.stdout.decode("ascii", "replace").splitlines()
    return {commit: tree for commit, tree in zip(asked, answers, strict=True) if " " not in tree}


@contextmanager
def comparing(
    git: Git, repository: Path, trees: Sequence[Pair], deadline: float
) -> Iterator[Iterator[Changes]]:
    """Streams what differs in each pair of trees, in their order; ends early where git fails.

    Raises:
        GitError: git could not read everything; when the block ends.
    """
    arguments = ("diff-tree", "--stdin", "-z", "-r", "-t", "--raw", "--no-renames")
    # An answer is known to be whole when the next one begins: the last pair is there to end the one before.
    asked = [*trees, *((newer, newer) for _, newer in trees[-1:])]
    stdin = "".join(f"{older} {newer}\n" for older, newer in asked).encode()
    with git.fields(
        repository, *arguments, deadline=deadline, stdin=stdin, nice=True, environment=ISOLATED
    ) as fields:
        yield _in_order(trees, parse(fields))


def _in_order(asked: Sequence[Pair], found: Iterator[tuple[Pair, Changes]]) -> Iterator[Changes]:
    for expected, (pair, changes) in zip(asked, found, strict=False):
        if pair != expected:
            # diff-tree passes over a tree that is not there.
            raise GitError(f"git diff-tree: {' '.join(expected)} vanished", reason="git", exit_code_of_git=0)
        yield changes


def parse(fields: Iterator[bytes]) -> Iterator[tuple[Pair, Changes]]:
    """Reads diff-tree's raw output, each pair on a line before its entries; leaves out the last pair."""
    begun: tuple[Pair, Changes] | None = None
    for described in fields:
        # ":100644 100755 <id> <id> M", after the lines of the pairs that begin here.
        *pairs, entry = described.split(b"\n")
        for pair in pairs:
            if begun is not None:
                yield begun
            older, newer = pair.decode("ascii").split()
            begun = (older, newer), Changes()
        path = next(fields, None)
        if entry and path is not None and begun is not None:
            before, after, _, object_id, *_ = entry[1:].split(b" ")
            begun[1].note(path, before, after, object_id)
