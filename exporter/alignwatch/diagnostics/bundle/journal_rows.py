"""The last rows of each of the journal's tables."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from alignwatch.diagnostics.bundle.part import AbsentError, Member
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.journal_file import Condition, journal_state, path_of, rows
from alignwatch.git.refs import display

_LAST = 200
# What is put together below are names that the journal itself gives.
_TABLES = "SELECT name, sql LIKE '%WITHOUT ROWID%' FROM sqlite_schema WHERE type = 'table' ORDER BY name"
_NAMING = ("branch", "target", "primaries")
"""Columns that hold names of branches, one a line."""
_COLUMNS = "SELECT name FROM pragma_table_info(?) ORDER BY cid"


def collect(context: Context) -> Iterator[Member]:
    """``journal/<table>.json``, the newest row first, and ``journal.json`` with the state of the file."""
    condition, detail = journal_state(context)
    tables = [(str(name), bool(unordered)) for name, unordered in rows(context, _TABLES)]
    counts = {name: rows(context, f"SELECT count(*) FROM {name}")[0][0] for name, _ in tables}  # noqa: S608
    sizes = dict(_sizes(path_of(context)))
    about = {"condition": condition.name.lower(), "detail": detail, "bytes": sizes, "rows": counts}
    yield Member("journal.json", about)
    if condition is not Condition.SOUND:
        raise AbsentError(f"the journal is {condition.name.lower()}; its rows cannot be read")
    for name, unordered in tables:
        if counts[name]:
            columns = [column for (column,) in rows(context, _COLUMNS, (name,))]
            order = "" if unordered else "ORDER BY rowid DESC"
            last = rows(context, f"SELECT * FROM {name} {order} LIMIT {_LAST}")  # noqa: S608
            shown = [dict(zip(columns, map(_shown, row), strict=True)) for row in last]
            yield Member(f"journal/{name}.json", shown)


def branch_names(context: Context) -> Iterator[str]:
    """All branches that the journal names: they may be gone from their repositories."""
    for table, _ in rows(context, _TABLES):
        for (column,) in rows(context, _COLUMNS, (table,)):
            if column in _NAMING:
                for (value,) in rows(context, f"SELECT DISTINCT {column} FROM {table}"):  # noqa: S608
                    # What holds a blank is no name that git would take.
                    yield from (one for one in str(value or "").splitlines() if len(one.split()) == 1)


def _sizes(journal: Path) -> Iterator[tuple[str, int]]:
    for file in sorted(journal.parent.glob(f"{journal.name}*")):
        # Whoever closes the journal last takes its log away.
        with suppress(FileNotFoundError):
            yield file.name, file.stat().st_size


def _shown(value: Any) -> Any:
    """A value for JSON; a text that is JSON itself as what it stands for, so that all of it is looked at."""
    if isinstance(value, bytes):
        return display(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
