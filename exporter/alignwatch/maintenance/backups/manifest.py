"""What a backup says of itself: ``manifest.json`` beside its files, with a hash of its own."""

import hashlib
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from alignwatch.errors import AlignwatchError
from alignwatch.files import write_atomically

VERSION = 1
"""The one that this program writes; it reads no newer one."""
MANIFEST = "manifest.json"
CHECKSUM = "manifest.sha256"
"""The manifest's hash, as ``sha256sum --check`` reads it."""
BUNDLE = "repository.bundle"
MIRROR = "repository.git"
CONFIG = "config"
"""The repository's own configuration, without secrets."""
LEFT_OUT = (
    "what is not committed: indexes and changed files of work trees",
    "what no branch, tag, other ref, stash entry or work tree leads to",
    "reflogs, except that of the stash",
    "hooks, info/exclude, info/attributes, configuration of single work trees",
    "secrets in the configuration",
    "submodules and large files (LFS), which are stored elsewhere",
)

Kind = Literal["bundle", "mirror"]


class DamagedError(AlignwatchError):
    """What is wrong with a backup, in a few words that follow its name."""


class Head(Struct, frozen=True, kw_only=True):
    """Where a work tree stands."""

    ref: str | None
    """The ref that it is on; None when it is detached."""
    object: str | None
    """None on a branch without a commit."""


class StashEntry(Struct, frozen=True, kw_only=True):
    """One entry of ``git stash list``."""

    ref: str
    """What leads to it in the backup."""
    object: str
    message: str


class LinkedWorktree(Struct, frozen=True, kw_only=True):
    """A work tree besides the main one."""

    path: str
    head: Head
    ref: str | None
    """What leads to its commit in the backup where it is detached."""


class File(Struct, frozen=True, kw_only=True):
    """One file of a backup."""

    bytes: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    r"""Everything that a restored repository is compared with.

    Refs are full names; bytes of a name that are not UTF-8 are written ``\xe9``.
    """

    version: int
    repository: str
    """Its label."""
    path: str
    made: float
    """Seconds since the epoch; before the first ref was read."""
    kind: Kind
    object_format: str
    git: str
    """What made it."""
    head: Head
    """That of the main work tree."""
    refs: dict[str, str]
    """Each ref that the backup holds and its object id."""
    symbolic_refs: dict[str, str]
    """Those of them that were symbolic, and what they led to; in the backup they are not."""
    stash: tuple[StashEntry, ...]
    """The newest first."""
    worktrees: tuple[LinkedWorktree, ...]
    files: dict[str, File]
    """Path -> what it holds; all there are, but for the manifest and what verification noted."""
    left_out: tuple[str, ...]
    """For people."""

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(file.bytes for file in self.files.values())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes it, durably.

    Raises:
        OSError: it cannot be written.
    """
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    write_atomically(folder / MANIFEST, data, 0o600)
    line = f"{hashlib.sha256(data).hexdigest()}  {MANIFEST}\n"
    write_atomically(folder / CHECKSUM, line.encode(), 0o600)


def read_manifest(folder: Path) -> Manifest:
    """Reads it.

    Raises:
        DamagedError: it is missing, altered, or of a newer version.
    """
    data, checksum = _read(folder / MANIFEST), _read(folder / CHECKSUM)
    if checksum.split()[:1] != [hashlib.sha256(data).hexdigest().encode()]:
        raise DamagedError(f"{MANIFEST} was altered: it does not match {CHECKSUM}")
    try:
        version = msgspec.json.decode(data, type=_Version).version
        if version > VERSION:
            raise DamagedError(f"a newer Alignwatch made it (version {version} of {MANIFEST}): use that one")
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise DamagedError(f"{MANIFEST} is none: {error}") from None


class _Version(Struct):
    version: int


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DamagedError(f"{path.name} is missing") from None
    except OSError as error:
        raise DamagedError(f"{path.name} cannot be read: {error.strerror}") from None
