"""Whether the journal can be read and is whole.

Each page of it is looked at (SQLite's `quick_check`). A corrupt journal is put aside by whoever uses it next,
and a new one begins at 0; one that was put aside is told as well, until somebody removes it. A newer
Alignwatch's journal cannot be used by this one.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, critical, ok, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.journal_file import Condition, journal_state, path_of
from alignwatch.diagnostics.status import Status


def _run(context: Context) -> Iterator[Finding]:
    path, (condition, detail) = path_of(context), journal_state(context)
    if condition is Condition.CORRUPT:
        yield critical(
            f"the journal is corrupt: {detail}",
            "save what can be saved, and see whether the disk is sound",
            ("sqlite3", str(path), ".recover"),
            file=str(path),
        )
    elif condition is Condition.NEWER:
        yield critical(
            f"the journal is of a newer Alignwatch: {detail}",
            "use that one, or another state folder",
            file=str(path),
        )
    elif condition is Condition.UNREADABLE:
        yield critical(
            f"the journal cannot be read: {detail}",
            "let this user read it, and see whether another process keeps it locked",
            ("ls", "-l", str(path.parent)),
            file=str(path),
        )
    elif condition is Condition.ABSENT:
        yield skipped("there is no journal yet: nothing has been recorded")
    elif condition is Condition.SOUND:
        yield ok("the journal is whole")
    if path.parent.is_dir():
        aside = sorted(path.parent.glob(f"{path.name}.corrupt-*Z"))
        for one in aside[-1:]:
            yield warning(
                f"a corrupt journal was put aside as {one.name}: what it held is no longer counted",
                "move it to where you can see what can be saved, with sqlite3 and .recover",
                ("mv", "--", *map(str, aside), context.environment.get("HOME", str(path.parent.parent))),
                file=str(one),
            )


CHECK = Check(
    id="journal-integrity",
    summary="the journal is whole",
    well="the journal is brought up to date when it is used next",
    reaches=Status.CRITICAL,
    deadline_seconds=20.0,
    run=_run,
)
