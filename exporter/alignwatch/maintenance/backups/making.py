"""Making one backup: the refs of a moment go into a repository of our own, which borrows the objects.

So nothing is written in the watched repository, no ref can move while its objects are packed, and what has
no ref of its own (older stash entries, commits of detached work trees) gets one. A git that runs at the
same time does no harm: only a ref's objects are read, and these are removed by nobody, unless the ref is
deleted and its objects are pruned at once; then git fails, and with it the backup.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from alignwatch.files import write_atomically
from alignwatch.git.command import Git, GitError
from alignwatch.git.lending import in_quotes
from alignwatch.git.objects import count_objects
from alignwatch.git.refs import display, list_all, parse_all
from alignwatch.git.shadow import ISOLATED
from alignwatch.maintenance.backups.contents import seal
from alignwatch.maintenance.backups.git_words import is_of_the_machine
from alignwatch.maintenance.backups.manifest import (
    BUNDLE,
    CONFIG,
    LEFT_OUT,
    MIRROR,
    VERSION,
    File,
    Head,
    Kind,
    Manifest,
    write_manifest,
)
from alignwatch.maintenance.backups.source import Source, read_source
from alignwatch.maintenance.backups.store import MAKING, Store
from alignwatch.maintenance.task import TaskError
from alignwatch.names import legible
from alignwatch.settings import Repository
from alignwatch.text import printable, size

_HEAD = b"HEAD"
_PERCENT = 100


class Made(NamedTuple):
    """A backup that is whole."""

    name: str
    manifest: Manifest


class Maker:
    """Makes backups of one repository."""

    def __init__(self, git: Git, repository: Repository, deadline: float) -> None:
        """Takes what runs git, the repository, and the seconds that one run of git may take."""
        self._git = git
        self._label = repository.label
        self._path = Path(repository.path)
        self._deadline = deadline

    def read(self) -> Source:
        """What there is to back up, see :func:`~alignwatch.maintenance.backups.source.read_source`."""
        return read_source(self._git, self._path, self._deadline)

    def needed_bytes(self) -> int:
        """About as large as a backup will be.

        Raises:
            GitError: git could not tell.
        """
        counts = count_objects(self._git, self._path, self._deadline)
        return counts.loose_bytes + counts.pack_bytes

    def make(self, source: Source, store: Store, kind: Kind, now: float) -> Made:
        """Makes one.

        Args:
            source: what to back up.
            store: where to.
            kind: what is wanted; a mirror is made where no bundle can hold it.
            now: seconds since the epoch, before the source was read.

        Raises:
            SkippedError: objects are missing, as they may in a partial clone.
            GitError: git failed: objects are missing, the disk is full.
            OSError: the disk is full, or fails.
        """
        try:
            return self._make(source, store, kind, now)
        except GitError as error:
            if source.is_partial and error.reason == "git" and not is_of_the_machine(str(error)):
                raise source.skip() from error
            raise

    def _make(self, source: Source, store: Store, kind: Kind, now: float) -> Made:
        with store.making(now) as folder:
            copy = _Copy(self._git, folder / MIRROR, source, self._deadline)
            copy.take_refs()
            refs, kind = copy.refs(), "mirror" if source.shallow is not None else kind
            # git leaves a branch out of a bundle whose name could mean another one, too.
            if kind == "bundle" and copy.bundle(folder / BUNDLE) != refs:
                (folder / BUNDLE).unlink()
                kind = "mirror"
            if kind == "bundle":
                shutil.rmtree(copy.path)
            else:
                copy.take_objects()
            write_atomically(folder / CONFIG, source.config, 0o600)
            manifest = self._manifest(source, refs, kind, now, seal(folder))
            write_manifest(folder, manifest)
        return Made(folder.name.removeprefix(MAKING), manifest)

    def _manifest(
        self, source: Source, refs: Mapping[bytes, str], kind: Kind, made: float, files: dict[str, File]
    ) -> Manifest:
        """What is in it, by what was read from it."""
        return Manifest(
            version=VERSION,
            repository=self._label,
            path=legible(str(self._path)),
            made=made,
            kind=kind,
            object_format=source.object_format,
            git=source.git_version,
            head=Head(ref=legible(source.head_ref) if source.head_ref else None, object=refs.get(_HEAD)),
            refs={display(name): oid for name, oid in refs.items() if name != _HEAD},
            symbolic_refs=dict(source.symbolic_refs),
            stash=source.stash,
            worktrees=source.worktrees,
            files=files,
            left_out=LEFT_OUT,
        )


def check_room(folder: Path, needed: int, free_percent: float) -> None:
    """Looks whether a disk has room for so many bytes more.

    Raises:
        TaskError: it has not.
    """
    usage = shutil.disk_usage(folder)
    usable = usage.free - int(usage.total * free_percent / _PERCENT)
    if needed > usable:
        raise TaskError(
            f"{printable(str(folder))}: about {size(needed)} are needed, and {size(max(0, usable))} may be "
            f"used: {free_percent:g} % of the disk stay free; make room there, or choose another disk",
            1,
        )


class _Copy:
    """A bare repository of ours with the refs of a source, which borrows its objects."""

    def __init__(self, git: Git, path: Path, source: Source, deadline: float) -> None:
        self.path = path
        self._git = git
        self._source = source
        self._deadline = deadline
        self._environment = {
            **ISOLATED,
            "GIT_NO_REPLACE_OBJECTS": "1",
            # It stands in no file, so that the copy borrows nothing once it is made.
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": in_quotes(source.objects).decode("utf-8", "surrogateescape"),
        }

    def take_refs(self) -> None:
        self.path.mkdir(mode=0o700)
        kind = f"--object-format={self._source.object_format}"
        self._run("init", "--quiet", "--bare", "--template=", "--initial-branch=main", kind)
        if self._source.shallow is not None:
            (self.path / "shallow").write_bytes(self._source.shallow)
        refs = self._source.refs.items()
        wanted = b"".join(b"create %s\0%s\0" % (name, oid.encode()) for name, oid in refs)
        self._run("update-ref", "--stdin", "-z", stdin=wanted)
        if self._source.head_ref is not None:
            self._run("symbolic-ref", _HEAD.decode(), self._source.head_ref)
        elif self._source.head_object is not None:
            self._run("update-ref", "--no-deref", _HEAD.decode(), self._source.head_object)
        self._run("pack-refs", "--all")

    def refs(self) -> dict[bytes, str]:
        """What it holds, HEAD among it unless that is on a branch without a commit."""
        refs = parse_all(list_all(self._git, self.path, self._deadline))
        head = self._run("rev-parse", "--quiet", "--verify", _HEAD.decode(), expected=(0, 1)).decode().strip()
        return {**refs, _HEAD: head} if head else refs

    def bundle(self, file: Path) -> dict[bytes, str]:
        """Packs everything into one file, and says which refs are in it."""
        self._run("bundle", "create", "--quiet", str(file), "--all")
        return parse_all(self._run("bundle", "list-heads", str(file)))

    def take_objects(self) -> None:
        self._run("repack", "-a", "-d", "--quiet", "--no-write-bitmap-index")

    def _run(self, *arguments: str, stdin: bytes = b"", expected: tuple[int, ...] = (0,)) -> bytes:
        return self._git.run(
            self.path,
            *arguments,
            deadline=self._deadline,
            stdin=stdin,
            expected=expected,
            environment=self._environment,
        ).stdout
