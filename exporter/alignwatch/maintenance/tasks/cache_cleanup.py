"""Removes files of caches that nobody used for long, and the oldest of caches that grew too large."""

import math
import time
from collections.abc import Iterator

from alignwatch.maintenance.clearing import Clearing
from alignwatch.maintenance.task import Context, Needs, Result, Task
from alignwatch.maintenance.tree import Found, Root
from alignwatch.patterns import matches_any
from alignwatch.settings import CacheCleanup
from alignwatch.text import span

_DAY = 86400.0


def _run(context: Context) -> Result:
    settings = context.settings.maintenance.cache_cleanup
    clearing = Clearing(context)
    return clearing.clear(
        "maintenance.cache_cleanup.roots", settings.roots, lambda root: _clear(root, settings, clearing)
    )


def _clear(root: Root, settings: CacheCleanup, clearing: Clearing) -> None:
    now = time.time()
    left = []
    for file in _files(root, settings):
        age = now - _used(file)
        gone = age > settings.older_than_days * _DAY and clearing.remove(root, file, f"{span(age)} old")
        if not gone:
            left.append((_used(file), file.room))
    surplus = sum(room for _, room in left) - (settings.larger_than_bytes or math.inf)
    if (limit := _last_to_go(left, surplus)) is not None:
        for file in _files(root, settings):
            why = f"the cache is over {settings.larger_than_bytes} bytes"
            if _used(file) <= limit and clearing.remove(root, file, why):
                surplus -= file.room
        clearing.fall_short(surplus)


def _files(root: Root, settings: CacheCleanup) -> Iterator[Found]:
    for folder in root.folders():
        yield from (file for file in folder if matches_any(file.name, settings.files))


def _last_to_go(left: list[tuple[float, int]], surplus: float) -> float | None:
    """The moment up to which everything has to go, so that at least so many bytes do; None if nothing has."""
    limit = None
    for used, room in sorted(left):
        if surplus <= 0:
            break
        limit, surplus = used, surplus - room
    return limit


def _used(file: Found) -> float:
    """When it was last read or written, in seconds since the epoch."""
    return max(file.status.st_mtime, file.status.st_atime)


TASK = Task(
    summary="remove old files from caches, and the oldest from caches that are too large",
    needs=Needs(),
    run=_run,
)
