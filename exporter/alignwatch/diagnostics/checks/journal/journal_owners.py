"""What has begun and whose owner is no more.

An operation or a maintenance run stays in the journal as "running" when whoever began it is killed. The
exporter puts that in order within seconds; where none runs it stays. `--fix` forgets such operations, and
notes such runs as crashed, if nothing that they have started is at work any more.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.journal_file import Condition, journal_state, maintenance_journal, path_of, rows
from alignwatch.journal.running import Owner, is_alive
from alignwatch.journal.store import Journal
from alignwatch.maintenance.agenda import sweep
from alignwatch.maintenance.run_lock import RunLocks
from alignwatch.text import span

_RUNNING = """
    SELECT operation, repository, started, pid, boot_id, process_started FROM running
    WHERE pid IS NOT NULL ORDER BY started
"""
_GRACE = 60.0
"""Seconds in which the exporter puts it in order."""


def _run(context: Context) -> Iterator[Finding]:
    for operation, repository, started, *owner in rows(context, _RUNNING):
        if not is_alive(Owner(*owner)) and context.now - started > _GRACE:
            yield _dead(f"{operation} of {repository}", context.now - started, "forget it")
    with maintenance_journal(context) as journal:
        for run in journal.unfinished() if journal is not None else ():
            since = run.started or run.claimed
            if not is_alive(run.owner) and context.now - since > _GRACE:
                what = f"{run.task} of {run.repository or 'the machine'}"
                yield _dead(what, context.now - since, "note it as crashed")


def _dead(what: str, age: float, mend: str) -> Finding:
    return warning(
        f"{what} has begun {span(age)} ago, and whoever began it is no more",
        "run the exporter, or put it in order",
        ("alignwatch", "doctor", "--fix", "journal-owners"),
        mend=mend,
    )


def _mend(context: Context, finding: Finding) -> None:
    if journal_state(context).condition is not Condition.SOUND:
        return
    with Journal(path_of(context)) as journal:
        journal.forget_dead()
    with maintenance_journal(context) as maintenance:
        if maintenance is not None:
            sweep(maintenance, RunLocks(context.state_folder), context.now)


CHECK = Check(
    id="journal-owners",
    summary="whatever has begun has an owner that lives",
    well="whatever has begun has an owner that lives",
    run=_run,
    mend=_mend,
)
