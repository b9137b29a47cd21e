"""Puts large logs aside under another name, and removes those that were put aside long ago.

A log is renamed in one step: nothing of it is lost, whoever writes to it, and who opens it by name at each
start or watches for that (``WatchedFileHandler``) begins a new one. Copying and truncating loses lines.
"""

import re
import time
from collections import defaultdict

from alignwatch.maintenance.clearing import Clearing
from alignwatch.maintenance.task import Context, Needs, Result, Task
from alignwatch.maintenance.tree import Found, Root
from alignwatch.patterns import matches_any
from alignwatch.settings import LogRotation
from alignwatch.text import span

_DAY = 86400.0
_PUT_ASIDE = re.compile(r"(.+)\.\d{8}T\d{6}Z")


def _run(context: Context) -> Result:
    settings = context.settings.maintenance.log_rotation
    clearing = Clearing(context)
    return clearing.clear(
        "maintenance.log_rotation.roots", settings.roots, lambda root: _rotate(root, settings, clearing)
    )


def _rotate(root: Root, settings: LogRotation, clearing: Clearing) -> None:
    now = time.time()
    for folder in root.folders():
        put_aside = defaultdict(list)
        for file in folder:
            log = _PUT_ASIDE.fullmatch(file.name)
            if log is not None and matches_any(log[1], settings.files):
                put_aside[log[1]].append(file)
            elif matches_any(file.name, settings.files) and file.status.st_size > settings.larger_than_bytes:
                name = f"{file.name}.{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}"
                clearing.rename(root, file, name, f"{file.status.st_size} bytes")
        for generations in put_aside.values():
            _remove_old(root, settings, clearing, generations, now)


def _remove_old(
    root: Root, settings: LogRotation, clearing: Clearing, generations: list[Found], now: float
) -> None:
    newest_first = sorted(generations, key=lambda file: file.name, reverse=True)
    for position, file in enumerate(newest_first):
        age = now - file.status.st_mtime
        if age > settings.older_than_days * _DAY:
            clearing.remove(root, file, f"{span(age)} old")
        # A program that does not open its log anew still writes into the one that was put aside.
        elif position >= settings.keep and age > _DAY:
            clearing.remove(root, file, f"more than {settings.keep} of them")


TASK = Task(
    summary="put large logs aside, and remove those put aside long ago",
    needs=Needs(),
    run=_run,
)
