"""A digest in plain text: for a terminal, and for mail that is read without HTML."""

from collections.abc import Iterable, Iterator
from itertools import chain

from alignwatch.digest.content import Alignments, Backup, Delay, Digest, Failure, Shortfall, TaskLine
from alignwatch.text import printable, size, table

INDENT = "    "
_NEVER = "never"
_COLUMNS = ("task", "done", "failed", "put off", "not done", "freed", "last success", "next run")
_NUMBERS = frozenset({1, 2, 3, 4, 5})


def headline(digest: Digest) -> str:
    """All of it in one line."""
    return f"Maintenance of {digest.host}: {', '.join(counts(digest.tasks)) or 'nothing was due'}"


def counts(tasks: Iterable[TaskLine]) -> list[str]:
    """What came of some tasks together, what never did left out: ``7 done``, ``1 put off``."""
    tasks = tuple(tasks)
    numbers = {
        "done": sum(one.done for one in tasks),
        "failed": sum(one.failed for one in tasks),
        "put off": sum(one.put_off for one in tasks),
        "not done": sum(one.not_done for one in tasks),
    }
    freed = sum(one.freed_bytes for one in tasks)
    told = [f"{number} {what}" for what, number in numbers.items() if number]
    return [*told, f"{size(freed)} freed"] if freed else told


def as_text(digest: Digest) -> str:
    """The whole."""
    sections = (
        ("Tasks", _tasks(digest.tasks)),
        ("Failed", [*chain.from_iterable(map(failure_lines, digest.failures)), *more_failures(digest)]),
        ("Put off or not done", [*map(delay_line, digest.delays), *more_delays(digest)]),
        ("Freed less than they should", [shortfall_line(one) for one in digest.shortfalls]),
        ("Backups", [backup_line(one) for one in digest.backups]),
        ("Alignments", [alignments_line(one) for one in digest.alignments]),
    )
    lines = [headline(digest), f"{day(digest.since)} to {day(digest.until)}"]
    for title, section in sections:
        if section:
            lines += ["", title, *(f"  {line}" for line in section)]
    return "\n".join(map(printable, lines))


def day(moment: str) -> str:
    """A moment as people read it: ``2026-01-12 12:00 UTC``."""
    return f"{moment[:10]} {moment[11:16]} UTC"


def place(task: str, repository: str | None) -> str:
    """Which task, and where."""
    return f"{task} of {repository}" if repository else task


def failure_lines(failure: Failure) -> Iterator[str]:
    """One failed run, and set in below it what it printed."""
    where = place(failure.task, failure.repository)
    yield f"{day(failure.time)}  {where}: {failure.outcome}: {failure.reason}"
    yield from (f"{INDENT}{line}" for line in failure.output)


def more_failures(digest: Digest) -> list[str]:
    """Where to find those that are not told."""
    return _more(digest.failed - len(digest.failures))


def more_delays(digest: Digest) -> list[str]:
    """Likewise."""
    return _more(digest.delayed - len(digest.delays))


def delay_line(delay: Delay) -> str:
    """One slot in which nothing was done."""
    what = "put off" if delay.outcome == "postponed" else "not done"
    return f"{day(delay.due)}  {place(delay.task, delay.repository)}: {what}: {delay.reason}"


def shortfall_line(one: Shortfall) -> str:
    """One task that freed too little."""
    return f"{place(one.task, one.repository)}: {size(one.missing_bytes)} too little in its last run"


def backup_line(backup: Backup) -> str:
    """The backup of one repository."""
    made, verified = (day(one) if one else _NEVER for one in (backup.made, backup.verified))
    return f"{backup.repository}: made {made}, verified {verified}"


def alignments_line(one: Alignments) -> str:
    """One repository's operations and branches."""
    share = "" if one.success_percent is None else f", {one.success_percent:g} % of them successful"
    return f"{one.repository}: {one.operations} operations{share}; {branches(one.branches)}"


def branches(states: dict[str, int] | None) -> str:
    """How many branches there are, and in which states."""
    if states is None:
        return "branches unknown"
    by_state = ", ".join(f"{number} {state}" for state, number in states.items())
    return f"{sum(states.values())} branches: {by_state or 'none'}"


def _tasks(tasks: Iterable[TaskLine]) -> list[str]:
    rows = [
        [
            one.task,
            *(str(number or "") for number in (one.done, one.failed, one.put_off, one.not_done)),
            size(one.freed_bytes) if one.freed_bytes else "",
            day(one.last_success) if one.last_success else _NEVER,
            day(one.next_run) if one.next_run else _NEVER,
        ]
        for one in tasks
    ]
    return table(_COLUMNS, rows, right=_NUMBERS).splitlines() if rows else []


def _more(number: int) -> list[str]:
    return [f"and {number} more: alignwatch maintenance history"] if number > 0 else []
