"""A bundle as a file: a manifest, and what it lists, in a compressed archive that only its owner may read."""

import gzip
import hashlib
import io
import os
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from alignwatch import __version__
from alignwatch.diagnostics.bundle.contents import Contents, Wish
from alignwatch.errors import UsageError
from alignwatch.files import write_atomically
from alignwatch.text import printable, size, table, timestamp

FORMAT = 1
"""Raised when a member is renamed or removed; further ones may come at any time."""
MANIFEST = "manifest.json"
_FOLDER = "alignwatch-bundle"
_MODE = 0o600


class ListedMember(Struct, frozen=True, kw_only=True):
    """One file in it."""

    name: str
    bytes: int
    sha256: str
    note: str = ""
    """Whether it was cut."""


class MissingPart(Struct, frozen=True, kw_only=True):
    """What is not in it, and why."""

    part: str
    why: str


class Manifest(Struct, frozen=True, kw_only=True):
    """What a bundle holds."""

    format: int = FORMAT
    version: str
    """Alignwatch's own."""
    time: str
    """When it was made, RFC 3339."""
    hidden: tuple[str, ...]
    """What was taken out: ``secrets`` always; ``mail`` and ``branches`` on request."""
    members: tuple[ListedMember, ...]
    missing: tuple[MissingPart, ...]


def manifest_of(contents: Contents, wish: Wish, now: float) -> Manifest:
    """The list of all that goes in, made at a moment (seconds since the epoch)."""
    asked = {"mail": wish.mail, "branches": wish.branches}
    return Manifest(
        version=__version__,
        time=timestamp(now),
        hidden=("secrets", *(what for what, hidden in asked.items() if hidden)),
        members=tuple(
            ListedMember(
                name=one.name,
                bytes=len(one.data),
                sha256=hashlib.sha256(one.data).hexdigest(),
                note=one.note,
            )
            for one in contents.members
        ),
        missing=tuple(MissingPart(part=one.part, why=one.why) for one in contents.missing),
    )


def packed(contents: Contents, manifest: Manifest, now: float) -> bytes:
    """The archive; the same bytes for the same contents and moment."""
    archive = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=archive, mode="wb", filename="", mtime=int(now)) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, data in _files(contents, manifest):
            # Whose it was, and on which machine, is nobody's business: the fields stay 0 and empty.
            entry = tarfile.TarInfo(f"{_FOLDER}/{name}")
            entry.size, entry.mtime, entry.mode = len(data), int(now), _MODE
            tar.addfile(entry, io.BytesIO(data))
    return archive.getvalue()


def _files(contents: Contents, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    yield MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"
    yield from ((one.name, one.data) for one in contents.members)


def refuse(file: Path, *, force: bool) -> None:
    """Says why a bundle cannot be written there, before any work is done.

    Raises:
        UsageError: there is something already, or no folder that can be written to.
    """
    shown = printable(str(file))
    if os.path.lexists(file) and not force:
        raise UsageError(f"{shown} is there already; name another file, or add --force")
    if file.is_dir():
        raise UsageError(f"{shown} is a folder; name a file in it")
    if not os.access(file.absolute().parent, os.W_OK | os.X_OK):
        raise UsageError(f"{shown}: there is no such folder, or it may not be written to; name another file")


def write(file: Path, data: bytes) -> None:
    """Writes the archive whole or not at all; a link of that name is replaced, not followed.

    Raises:
        OSError: it cannot be written.
    """
    write_atomically(file.absolute(), data, _MODE)


def as_table(manifest: Manifest) -> str:
    """What is in it, or would be."""
    rows = [(one.name, size(one.bytes), one.note) for one in manifest.members]
    lines = [table(("MEMBER", "SIZE", ""), rows, frozenset((1,))), ""]
    lines += [f"missing: {printable(one.part)}: {printable(one.why)}" for one in manifest.missing]
    whole = sum(one.bytes for one in manifest.members)
    lines.append(f"{len(manifest.members)} files, {size(whole)}; hidden: {', '.join(manifest.hidden)}")
    return "\n".join(lines)


def now() -> float:
    """Whole seconds since the epoch."""
    return float(int(time.time()))
