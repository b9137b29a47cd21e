"""Which SQLite the journal is kept with.

Before 3.33 the journal's statements are not understood. Threads of one process share the journal, which a
SQLite that was built for one thread only does not allow.
"""

import sqlite3
from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, critical, ok
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.status import Status

_OLDEST = (3, 33, 0)


def _run(context: Context) -> Iterator[Finding]:
    if sqlite3.sqlite_version_info < _OLDEST:
        yield critical(f"SQLite {sqlite3.sqlite_version} is too old for the journal", "use 3.33 or newer")
    elif sqlite3.threadsafety == 0:
        yield critical("this SQLite was built for one thread only", "use the one of the distribution")
    else:
        yield ok(f"SQLite {sqlite3.sqlite_version}")


CHECK = Check(
    id="sqlite-version",
    summary="this SQLite can keep the journal",
    well="this SQLite can keep the journal",
    reaches=Status.CRITICAL,
    run=_run,
)
