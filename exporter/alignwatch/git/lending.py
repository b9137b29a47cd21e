"""Objects of one repository that git in another one may read without dating them anew.

When git is to write an object that exists already, it sets the date of the file that holds it to now, in an
alternate too, so that it is not pruned. In a watched repository it must not. So what it finds first is ours:

- A pack of cruft is never dated, and what makes a pack one is a file ``.mtimes`` beside it, into which git
  does not look here. Each pack gets a link, and such a file, in a folder of ours.
- Of each loose object there is a copy.

The repository's own folder comes last, as an alternate, for what appears there while git is at work.
"""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

_OBJECT_FILE = re.compile(r"[0-9a-f]{38}|[0-9a-f]{62}")
_DEEPEST = 5
"""git follows alternates of alternates no further."""


def lend(objects: Path, to: Path) -> None:
    """Lends the objects of a repository, and those that it borrows itself.

    Args:
        objects: its folder of objects.
        to: the borrower's folder of objects. The copies lie beside it.

    Raises:
        OSError: a folder cannot be read or written.
    """
    copies = to.with_name("loose")
    stores = [objects, *_alternates_of(objects)]
    for folder in (to / "info", to / "pack", copies):
        folder.mkdir(parents=True, exist_ok=True)
    _link_packs(stores, to / "pack")
    _copy_loose(stores, copies)
    (to / "info" / "alternates").write_bytes(in_quotes(copies) + b"\n" + in_quotes(objects) + b"\n")


def in_quotes(path: Path) -> bytes:
    """The path in C's quotes: a line of ``alternates`` ends at a newline, and one with ``#`` is a comment."""
    escaped = bytearray()
    for byte in os.fsencode(path):
        if byte in b'\\"':
            escaped += b"\\%c" % byte
        elif byte < ord(" "):
            escaped += b"\\%03o" % byte
        else:
            escaped.append(byte)
    return b'"%s"' % escaped


def _alternates_of(objects: Path, depth: int = 1) -> Iterator[Path]:
    """What a repository borrows. A path in quotes is passed over: git finds that, and may date it."""
    file = objects / "info" / "alternates"
    if depth > _DEEPEST or not file.is_file():
        return
    for line in file.read_bytes().split(b"\n"):
        if line and line[:1] not in (b"#", b'"'):
            borrowed = objects / os.fsdecode(line)
            yield borrowed
            yield from _alternates_of(borrowed, depth + 1)


def _link_packs(stores: Sequence[Path], folder: Path) -> None:
    packs = {file.name: file for store in stores for file in (store / "pack").glob("pack-*.pack")}
    for file in folder.iterdir():
        if file.with_suffix(".pack").name not in packs:
            file.unlink()
    for name, pack in packs.items():
        (folder / name).with_suffix(".mtimes").touch()
        for source in (pack, pack.with_suffix(".idx")):
            link = folder / source.name
            if not link.is_symlink() or link.readlink() != source:
                link.unlink(missing_ok=True)
                link.symlink_to(source)


def _copy_loose(stores: Sequence[Path], copies: Path) -> None:
    wanted = {f"{file.parent.name}/{file.name}": file for store in stores for file in _loose_objects(store)}
    for copy in copies.glob("*/*"):
        if f"{copy.parent.name}/{copy.name}" not in wanted:
            copy.unlink()
    for name, file in wanted.items():
        copy = copies / name
        copy.parent.mkdir(exist_ok=True)
        # It may have been packed by now.
        with suppress(FileNotFoundError):
            if not copy.exists() or copy.stat().st_size != file.stat().st_size:
                # Half a copy would be taken for a damaged object.
                shutil.copyfile(file, copies / "new")
                (copies / "new").replace(copy)


def _loose_objects(store: Path) -> Iterator[Path]:
    for first_byte in range(256):
        # A git that puts objects into packs removes folders while we look.
        with suppress(FileNotFoundError, NotADirectoryError):
            folder = store / f"{first_byte:02x}"
            yield from (file for file in folder.iterdir() if _OBJECT_FILE.fullmatch(file.name))
