"""What there is to back up in a repository, at one moment. Nothing in it is locked or written."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.git.refs import display, list_all, parse_all
from alignwatch.git.repository import open_repository
from alignwatch.maintenance.backups.manifest import Head, LinkedWorktree, StashEntry
from alignwatch.maintenance.backups.redaction import redacted
from alignwatch.maintenance.task import SkippedError

_PREFIX = b"refs/alignwatch"
_STASH = b"refs/stash"
_MAIN_HEAD = "main-worktree/HEAD"


@dataclass(frozen=True, slots=True)
class Source:
    """One repository as it was found."""

    objects: Path
    shallow: bytes | None
    """Where a shallow clone's history ends."""
    object_format: str
    git_version: str
    head_ref: str | None
    """The ref that the main work tree's HEAD is on, as the operating system has it; None if detached."""
    head_object: str | None
    refs: Mapping[bytes, str]
    """Full name -> object id; those that lead to stash entries and work trees among them."""
    symbolic_refs: Mapping[str, str]
    stash: tuple[StashEntry, ...]
    worktrees: tuple[LinkedWorktree, ...]
    config: bytes
    """Without secrets."""
    is_partial: bool
    """Whether it may lack objects that its remote has."""

    def skip(self) -> SkippedError:
        """Why it is not backed up when objects are missing: that of a partial clone may."""
        return SkippedError(
            "it is a partial clone, and lacks objects that its remote has: back up that one, or fetch them "
            "all (git fetch --refetch --no-filter)"
        )


class _Reader:
    """Asks git."""

    def __init__(self, git: Git, path: Path, deadline: float) -> None:
        self._git, self._path, self._deadline = git, path, deadline

    def ask(self, *arguments: str) -> str:
        """What it answers; empty where it does not know."""
        done = self._git.run(self._path, *arguments, deadline=self._deadline, expected=(0, 1))
        return os.fsdecode(done.stdout.rstrip(b"\n"))

    def raw(self, *arguments: str) -> bytes:
        """All that it prints."""
        return self._git.run(self._path, *arguments, deadline=self._deadline).stdout


def read_source(git: Git, path: Path, deadline: float) -> Source:
    """Reads all but the objects.

    Args:
        git: runs it.
        path: the repository.
        deadline: seconds for each run of git.

    Raises:
        SkippedError: there is nothing that could be backed up.
        GitError: git could not tell.
        OSError: a file of the repository cannot be read.
    """
    opened, reader = open_repository(path), _Reader(git, path, deadline)
    config = opened.common_dir / "config"
    listed = reader.raw("config", "--list", "-z", "--file", str(config.resolve())) if config.exists() else b""
    refs = parse_all(list_all(git, path, deadline))
    head_object = reader.ask("rev-parse", "--quiet", "--verify", _MAIN_HEAD) or None
    if not refs and head_object is None:
        raise SkippedError(f"{path}: there is nothing to back up: it has no commit yet")
    shallow = None
    with suppress(FileNotFoundError):
        shallow = (opened.common_dir / "shallow").read_bytes()
    prefix = _free_prefix(refs)
    stash = _stash(reader, prefix) if _STASH in refs else ()
    worktrees = tuple(_linked(reader, prefix))
    extra = {one.ref.encode(): one.object for one in stash}
    extra |= {one.ref.encode(): one.head.object for one in worktrees if one.ref and one.head.object}
    return Source(
        objects=opened.common_dir / "objects",
        shallow=shallow,
        object_format=reader.ask("rev-parse", "--show-object-format"),
        git_version=reader.ask("version"),
        head_ref=reader.ask("symbolic-ref", "--quiet", _MAIN_HEAD) or None,
        head_object=head_object,
        refs={**extra, **refs},
        symbolic_refs=dict(_symbolic(reader)),
        stash=stash,
        worktrees=worktrees,
        config=redacted(listed),
        is_partial=_is_partial(listed),
    )


def _is_partial(listed: bytes) -> bool:
    settings = (entry.partition(b"\n") for entry in listed.split(b"\0"))
    return any(
        key == b"extensions.partialclone" or (key.endswith(b".promisor") and value != b"false")
        for key, _, value in settings
    )


def _free_prefix(refs: Mapping[bytes, str]) -> str:
    """A place for refs of our own; a repository that was restored has some already."""
    prefix = _PREFIX
    while any((name + b"/").startswith(prefix + b"/") for name in refs):
        prefix += b"-"
    return prefix.decode()


def _stash(reader: _Reader, prefix: str) -> tuple[StashEntry, ...]:
    # The newest has a ref of its own; the older ones are only in that one's log.
    listed = reader.raw("log", "--walk-reflogs", "-z", "--format=%H %gs", _STASH.decode(), "--")
    entries = (display(line).partition(" ") for line in listed.split(b"\0") if line)
    return tuple(
        StashEntry(ref=f"{prefix}/stash/{number}", object=oid, message=message)
        for number, (oid, _, message) in enumerate(entries)
    )


def _linked(reader: _Reader, prefix: str) -> Iterator[LinkedWorktree]:
    listed = display(reader.raw("worktree", "list", "--porcelain", "-z")).split("\0\0")
    for number, entry in enumerate(filter(None, listed[1:])):
        fields = {name: value for name, _, value in (line.partition(" ") for line in entry.split("\0"))}
        head = Head(ref=fields.get("branch"), object=_existing(fields.get("HEAD", "")))
        detached = head.ref is None and head.object is not None
        ref = f"{prefix}/worktrees/{number}" if detached else None
        yield LinkedWorktree(path=fields["worktree"], head=head, ref=ref)


def _existing(object_id: str) -> str | None:
    return object_id if object_id.strip("0") else None


def _symbolic(reader: _Reader) -> Iterator[tuple[str, str]]:
    listed = display(reader.raw("for-each-ref", "--format=%(refname) %(symref)"))
    for line in listed.splitlines():
        name, _, leads_to = line.partition(" ")
        if leads_to:
            yield name, leads_to
