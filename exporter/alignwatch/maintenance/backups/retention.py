"""Which backups may go, and their removal."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from alignwatch.maintenance.backups.manifest import CHECKSUM, MANIFEST, DamagedError, read_manifest
from alignwatch.maintenance.backups.store import REMOVING, Store
from alignwatch.maintenance.backups.verdict import VERDICT, read_verdict
from alignwatch.maintenance.clearing import Clearing
from alignwatch.settings import Backup
from alignwatch.text import printable, span

_DAY = 86400.0


class Held(NamedTuple):
    """One backup."""

    name: str
    made: float
    sound: bool | None
    """Whether it could be restored; None if nobody has tried."""


def expired(newest_first: Sequence[Held], keep: int, older_than_days: float | None, now: float) -> list[Held]:
    """Those that may go.

    Never among them are the newest, the last that could be restored, and where none was tried with success,
    the newest that nobody knows to be broken. What is known to be broken takes no other's place.

    Args:
        newest_first: all there are.
        keep: at most so many stay that are not known to be broken.
        older_than_days: older ones go in any case; None: none is too old.
        now: seconds since the epoch.
    """
    wholes = [one for one in newest_first if one.sound is not False]
    last_good = next((one for one in wholes if one.sound), next(iter(wholes), None))
    gone, newer = [], 0
    for one in newest_first:
        too_old = older_than_days is not None and now - one.made > older_than_days * _DAY
        if (newer >= keep or too_old) and one not in (newest_first[0], last_good):
            gone.append(one)
        newer += one.sound is not False
    return gone


def thin_out(store: Store, settings: Backup, clearing: Clearing, now: float, *, dry_run: bool) -> None:
    """Removes what may go of a repository's backups, and what is half removed already.

    Only files that a backup's own manifest names are removed. One without a manifest that can be read stays.
    """
    manifests = {}
    for name in store.names():
        try:
            manifests[name] = read_manifest(store.folder / name)
        except DamagedError as error:
            print(f"{printable(str(store.folder / name))} is left alone: {error}")
    held = [Held(name, one.made, _sound(store, name)) for name, one in manifests.items()]
    if dry_run:
        # The one that would have been made by now.
        held.insert(0, Held("", now, None))
    for one in expired(held, settings.keep, settings.older_than_days, now):
        name = one.name
        if not dry_run:
            name = f"{REMOVING}{one.name}"
            (store.folder / one.name).rename(store.folder / name)
        _remove(store, name, manifests[one.name].files, clearing, f"{span(now - one.made)} old")
    for name in store.removing():
        # Without a manifest, what it named is gone already.
        files: Iterable[str] = ()
        with suppress(DamagedError):
            files = read_manifest(store.folder / name).files
        _remove(store, name, files, clearing, "half removed already")


def _sound(store: Store, name: str) -> bool | None:
    verdict = read_verdict(store.folder / name)
    return None if verdict is None else verdict.sound


def _remove(store: Store, name: str, files: Iterable[str], clearing: Clearing, why: str) -> None:
    # The manifest goes last: it says what else there is.
    for file in (*files, VERDICT, CHECKSUM, MANIFEST):
        with store.root.found(f"{store.relative(name)}/{file}") as found:
            if found is not None:
                clearing.remove(store.root, found, why)
    if name.startswith(REMOVING):
        _remove_empty(store.folder / name)


def _remove_empty(folder: Path) -> None:
    for _, folders, _, descriptor in os.fwalk(folder, topdown=False):
        for name in folders:
            with suppress(OSError):
                os.rmdir(name, dir_fd=descriptor)
    with suppress(OSError):
        folder.rmdir()
