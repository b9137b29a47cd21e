"""How each branch stood on the last days: one small record a branch and day, in a file a repository."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from alignwatch.files import write_atomically
from alignwatch.snapshot import Branch, Earlier
from alignwatch.state_dir import name_in_cache

DAY_SECONDS = 86400
_WEEK = 7
_KEPT = 14


class Record(msgspec.Struct, frozen=True, array_like=True):
    """How one branch stood when it was first known on one day."""

    day: int
    """Since the epoch."""
    conflict_files: int
    behind: int


_Records = dict[str, tuple[Record, ...]]
"""By branch, the oldest first."""


class History:
    """The file of one repository. One that cannot be read is as good as none, and is begun anew."""

    def __init__(self, repository: Path, cache_dir: Path) -> None:
        self._file = cache_dir / f"{name_in_cache('history', repository)}.msgpack"

    def note(self, branches: Iterable[Branch], today: int) -> dict[str, Earlier]:
        """Writes down how branches stand today, once a day each; forgets those that are gone.

        Args:
            branches: all there are, with what is known of them.
            today: days since the epoch.

        Returns:
            How they stood a week ago, else on the last day before that, else on the first day known.

        Raises:
            OSError: the file cannot be written.
        """
        before = self._load()
        records = {
            branch.name: found
            for branch in branches
            if (found := _with_today(before.get(branch.name, ()), branch, today))
        }
        if records != before:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._file, msgspec.msgpack.encode(records))
        return _earlier(records, today)

    def recall(self, today: int) -> dict[str, Earlier]:
        """As :meth:`note`, and nothing is written."""
        return _earlier(self._load(), today)

    def _load(self) -> _Records:
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.msgpack.decode(self._file.read_bytes(), type=_Records)
        return {}


def _with_today(records: tuple[Record, ...], branch: Branch, today: int) -> tuple[Record, ...]:
    # A clock that was set back leaves days to come.
    kept = tuple(one for one in records if today - _KEPT < one.day <= today)
    if branch.conflict_files is None or branch.behind is None or (kept and kept[-1].day == today):
        return kept
    return (*kept, Record(today, branch.conflict_files, branch.behind))


def _earlier(records: _Records, today: int) -> dict[str, Earlier]:
    found = {}
    for branch, days in records.items():
        past = [one for one in days if today - _KEPT < one.day < today]
        if past:
            one = next((one for one in reversed(past) if one.day <= today - _WEEK), past[0])
            found[branch] = Earlier(today - one.day, one.conflict_files, one.behind)
    return found
