"""A commit-graph of our own, for a repository that has none.

It is a file in which git finds each commit's parents without unpacking commits; walks then take half the
time. Clones do not have one unless somebody asks for it, and we may not write one there. Ours lies in a
folder of objects of our own that has the repository's as its alternate. git runs in the repository itself
and is told to use that folder: so it still sees by itself where history is shallow, grafted or replaced, and
leaves the file alone there.

A commit never changes, so what the file says stays true; it only lacks what came later.
"""

import hashlib
from contextlib import suppress
from pathlib import Path

from alignwatch.files import write_atomically
from alignwatch.git.command import Git
from alignwatch.git.commit_graph_file import commits_in
from alignwatch.git.discovery import git_dir
from alignwatch.git.lending import in_quotes
from alignwatch.git.revisions import Environment
from alignwatch.state_dir import name_in_cache

_WORTHWHILE = 2000
"""Fewer commits than these are walked in ten milliseconds."""
_LACKING = 0.1
"""A new file is written when this share of the commits is in none."""
_HASHES = {1: hashlib.sha1, 2: hashlib.sha256}
_HEADER_BYTES = 8
_CHUNK_BYTES = 1 << 20


class CommitGraph:
    """Our commit-graph of one repository, if there is any."""

    def __init__(self, repository: Path, cache_dir: Path) -> None:
        self._repository = repository
        self._objects = cache_dir / name_in_cache("commit-graph", repository) / "objects"
        self._file = self._objects / "info" / "commit-graph"
        self._leads = self._file.with_name("alternates")
        self._sound: tuple[int, int] | None = None
        """The file that was checked, by its time and size."""

    def environment(self) -> Environment:
        """What git has to be told to use it; nothing where there is none. One that is damaged goes."""
        try:
            status = self._file.stat()
            seen = status.st_mtime_ns, status.st_size
            if seen != self._sound:
                if not (self._belongs() and _is_sound(self._file)):
                    self.discard()
                    return {}
                self._sound = seen
        except OSError:
            return {}
        return {"GIT_OBJECT_DIRECTORY": str(self._objects)}

    def discard(self) -> None:
        """Removes it."""
        with suppress(OSError):
            self._file.unlink()

    def refresh(self, git: Git, tips: list[str], commits: int, deadline: float) -> int:
        """Writes it where it is worth that, and removes it where the repository's own is as good.

        Args:
            git: runs it, giving way to everything else on the machine.
            tips: commits that exist; all that they reach is covered.
            commits: about how many those are.
            deadline: seconds.

        Returns:
            How many commits it holds.

        Raises:
            GitError: git could not write it.
            OSError: the cache folder cannot be written.
        """
        ours = commits_in(self._file) if self.environment() else 0
        theirs = self._commits_in_repositorys_own()
        if ours and ours <= theirs:
            self.discard()
        if commits >= _WORTHWHILE and commits - max(ours, theirs) >= _LACKING * commits:
            self._write(git, tips, deadline)
        return commits_in(self._file)

    def _write(self, git: Git, tips: list[str], deadline: float) -> None:
        info = self._file.parent
        info.mkdir(parents=True, exist_ok=True)
        # Walks go on meanwhile: they find what they need at any moment.
        write_atomically(self._leads, self._alternates())
        # What a git that was killed has left would keep the next one from writing.
        for left in (one for one in info.iterdir() if one not in (self._file, self._leads)):
            left.unlink()
        git.run(
            self._repository,
            *("commit-graph", "write", "--stdin-commits", "--no-progress"),
            deadline=deadline,
            stdin="".join(f"{tip}\n" for tip in tips).encode(),
            nice=True,
            environment={"GIT_OBJECT_DIRECTORY": str(self._objects)},
        )

    def _belongs(self) -> bool:
        """Whether the folder still leads to the repository's objects."""
        return self._leads.read_bytes() == self._alternates()

    def _alternates(self) -> bytes:
        return in_quotes(self._theirs().resolve()) + b"\n"

    def _commits_in_repositorys_own(self) -> int:
        info = self._theirs() / "info"
        return sum(map(commits_in, (info / "commit-graph", *info.glob("commit-graphs/*.graph"))))

    def _theirs(self) -> Path:
        return (git_dir(self._repository) or self._repository) / "objects"


def _is_sound(file: Path) -> bool:
    """Whether it ends with the hash of what comes before, as git wrote it."""
    with file.open("rb") as opened:
        header = opened.read(_HEADER_BYTES)
        if len(header) < _HEADER_BYTES or header[5] not in _HASHES:
            return False
        digest = _HASHES[header[5]](header, usedforsecurity=False)
        left = file.stat().st_size - _HEADER_BYTES - digest.digest_size
        while left > 0 and (chunk := opened.read(min(left, _CHUNK_BYTES))):
            digest.update(chunk)
            left -= len(chunk)
        return opened.read() == digest.digest()
