"""Where backups are restored on trial: a folder for each repository, below the state folder.

Whoever uses one holds the lock for runs in its repository, so that what nobody holds belongs to the dead.
"""

import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alignwatch.maintenance.run_lock import RunLocks
from alignwatch.state_dir import name_in_cache

_KIND = "restore"
_NAME = re.compile(rf"{_KIND}-[0-9a-f]{{16}}")

_log = logging.getLogger(__name__)


@contextmanager
def scratch_folder(state_folder: Path, label: str) -> Iterator[Path]:
    """Lends an empty folder, and removes it; what a run that died left behind is removed first.

    Raises:
        OSError: it cannot be made.
    """
    folder = _below(state_folder) / name_in_cache(_KIND, Path(label))
    _remove(folder)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        _remove(folder)


def remove_abandoned(state_folder: Path, locks: RunLocks) -> None:
    """Removes what died runs left, of repositories too that nobody watches any more. No link is followed."""
    for folder in sorted(_below(state_folder).glob(f"{_KIND}-*")):
        if not _NAME.fullmatch(folder.name):
            continue
        try:
            with locks.held_beside(folder) as lock:
                if lock is not None:
                    _remove(folder)
        except OSError as error:
            _log.warning("what a verification left behind cannot be removed: %s", error)


def _below(state_folder: Path) -> Path:
    return state_folder / "maintenance"


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
