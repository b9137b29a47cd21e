"""Who else may change or read what is Alignwatch's own.

The state folder and the configuration must not be others' to change: whoever writes the configuration can
have programs run. The journal names branches and people, so that others should not read it. Folders that are
meant to be shared (events of `git` of all users, locks of maintenance) are left out. `--fix` takes
the rights of others away, for files and folders of this user.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, critical, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.journal_file import path_of
from alignwatch.diagnostics.status import Status

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_JOURNAL = ("", "-wal", "-shm")
_REMEDY = "take the rights of others away"


def _run(context: Context) -> Iterator[Finding]:
    if context.config is not None:
        for path in (context.config, context.config.absolute().parent):
            if _mode(path) & stat.S_IWOTH and not _mode(path) & stat.S_ISVTX:
                chmod = ("chmod", "o-w", str(path))
                yield critical(
                    f"everybody may change {path}, which says what is run", _REMEDY, chmod, file=str(path)
                )
    folder = context.state_folder
    for path in (folder, folder / "cache"):
        if _mode(path) & _OTHERS_WRITE and not _mode(path) & stat.S_ISVTX:
            yield _open_to_others(path, f"others may change what is in {path}", "go-w")
    for suffix in _JOURNAL:
        path = Path(f"{path_of(context)}{suffix}")
        if _mode(path) & _OTHERS:
            yield _open_to_others(path, f"others may read or change {path.name}", "go-rwx")


def _open_to_others(path: Path, seen: str, change: str) -> Finding:
    ours = path.stat().st_uid == os.getuid()
    chmod = ("chmod", change, str(path))
    return warning(seen, _REMEDY, chmod, file=str(path), mend=" ".join(chmod) if ours else None)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return 0


def _mend(context: Context, finding: Finding) -> None:
    path = Path(finding.where.file or "")
    change = _OTHERS_WRITE if path.is_dir() else _OTHERS
    # Not through a link: what it leads to is not ours to change.
    if not path.is_symlink() and path.is_relative_to(context.state_folder):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~change)


CHECK = Check(
    id="permissions",
    summary="what is Alignwatch's own is closed to others",
    well="what is Alignwatch's own is closed to others",
    reaches=Status.CRITICAL,
    run=_run,
    mend=_mend,
)
