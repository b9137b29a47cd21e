"""What a commit-graph file holds, read without git.

By git's gitformat-commit-graph: after a header of 8 bytes, of which the sixth names the hash and the seventh
is the number of chunks, comes a table of chunks: a name of 4 bytes and an offset of 8.
"""

import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

_HEADER_BYTES = 8
_ENTRY_BYTES = 12
_FANOUT_BYTES = 1024
_ID_BYTES = {1: 20, 2: 32}
_UNREADABLE = (OSError, struct.error, KeyError)


def commits_in(file: Path) -> int:
    """How many commits a commit-graph file holds; 0 where there is none."""
    with suppress(*_UNREADABLE), file.open("rb") as opened:
        return _count(opened, _chunks(opened)[1])
    return 0


def commits_outside(object_ids: Iterable[str], files: Iterable[Path]) -> set[str]:
    """The commits that are in none of some files.

    Whatever a commit that is in a file descends from is in that file too, or in one that it builds upon.
    """
    left = set(object_ids)
    for file in files:
        with suppress(*_UNREADABLE), file.open("rb") as opened:
            hash_version, chunks = _chunks(opened)
            length, count = _ID_BYTES[hash_version], _count(opened, chunks)
            opened.seek(chunks[b"OIDL"])
            listed = opened.read(length * count).hex()
            left.difference_update(listed[at : at + 2 * length] for at in range(0, len(listed), 2 * length))
    return left


def has_changed_paths(file: Path) -> bool:
    """Whether it knows which paths each of its commits changed, so that git need not look at the others."""
    with suppress(*_UNREADABLE), file.open("rb") as opened:
        return b"BDAT" in _chunks(opened)[1]
    return False


def commit_graph_files(objects: Path) -> tuple[Path, ...]:
    """The files that git uses in a folder of objects: one, or a chain of them; none where there is none."""
    info = objects / "info"
    single = info / "commit-graph"
    if single.is_file():
        return (single,)
    with suppress(OSError):
        chain = (info / "commit-graphs" / "commit-graph-chain").read_text("ascii", "replace").split()
        return tuple(info / "commit-graphs" / f"graph-{name}.graph" for name in chain)
    return ()


def _chunks(opened: IO[bytes]) -> tuple[int, dict[bytes, int]]:
    """The number of the hash, and where each chunk begins."""
    hash_version, number = struct.unpack(">4sxBBx", opened.read(_HEADER_BYTES))[1:]
    table = opened.read(number * _ENTRY_BYTES)
    return hash_version, dict(struct.iter_unpack(">4sQ", table))


def _count(opened: IO[bytes], chunks: dict[bytes, int]) -> int:
    # The last number of the fan-out counts all.
    opened.seek(chunks[b"OIDF"] + _FANOUT_BYTES - 4)
    return int(struct.unpack(">I", opened.read(4))[0])
