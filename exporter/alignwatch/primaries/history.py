"""What commits did to files."""

import os
from collections.abc import Collection, Iterator
from typing import NamedTuple

from alignwatch.git.blobs import FILE_MODES
from alignwatch.primaries.inquiry import Inquiry


class Change(NamedTuple):
    """What one commit did to one file: its version differs from every parent's."""

    commit: str
    path: bytes
    blob: str | None
    """What the file is afterwards; None where it is none."""
    sources: tuple[str, ...]
    """What it was in those parents that have it."""


def paths_between(inquiry: Inquiry, older: str, newer: str) -> Iterator[bytes]:
    """Streams the paths in which two commits differ. To be read to the end.

    Raises:
        GitError: git could not tell in time.
    """
    with inquiry.fields("diff-tree", "-r", "--name-only", "-z", "--no-renames", older, newer) as paths:
        yield from paths


def changes_in(inquiry: Inquiry, base: str, new: str, paths: Collection[bytes]) -> Iterator[Change]:
    """Streams what the commits of a move did to some files, the newest first. To be read to the end.

    Raises:
        GitError: git could not tell in time; what it said before has been handed out.
    """
    with inquiry.fields(
        *("log", "--full-history", "--topo-order", "--format=%H", "-c", "--raw", "-z", "--no-abbrev"),
        *("--no-renames", "--ignore-submodules=all", f"{base}..{new}", "--", *map(os.fsdecode, paths)),
        environment={"GIT_LITERAL_PATHSPECS": "1"},
    ) as fields:
        yield from parse(fields)


def parse(fields: Iterator[bytes]) -> Iterator[Change]:
    """Reads what ``git log -c --raw -z`` prints."""
    commit = ""
    for field in fields:
        text = field.lstrip(b"\n").decode("ascii")
        if not text.startswith(":"):
            # Before a merge's files there is an empty field.
            commit = text or commit
            continue
        path = next(fields, b"")
        parents = len(text) - len(text.lstrip(":"))
        # The modes of the parents and the result, their blobs likewise, then what happened.
        words = text.lstrip(":").split(" ")
        *modes, mode = words[: parents + 1]
        *blobs, blob = words[parents + 1 : -1]
        sources = (one for one, had in zip(blobs, modes, strict=True) if had in FILE_MODES)
        yield Change(commit, path, blob if mode in FILE_MODES else None, tuple(dict.fromkeys(sources)))
