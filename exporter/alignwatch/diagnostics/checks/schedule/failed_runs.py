"""Tasks whose last run failed, ran out of time, or died in the middle.

One that was put off because somebody was at work, or that had nothing to do, has not failed. A task that has
been put off for days on end is told as well.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.journal_file import rows
from alignwatch.diagnostics.maintenance import latest_runs, tasks_of
from alignwatch.journal.maintenance import Outcome
from alignwatch.text import span

_FAILURES = frozenset((Outcome.FAILED, Outcome.TIMEOUT, Outcome.CRASHED))
_LONG = 3 * 86400.0
_POSTPONED = """
    SELECT task, repository, min(claimed), count(*) FROM maintenance_runs AS run
    WHERE outcome = 'postponed' AND number > coalesce((
        SELECT max(number) FROM maintenance_runs
        WHERE (task, repository) = (run.task, run.repository) AND outcome != 'postponed'
    ), 0)
    GROUP BY task, repository
"""


def _run(context: Context) -> Iterator[Finding]:
    scheduled = {task.name for task in tasks_of(context)}
    for run in latest_runs(context):
        if run.task in scheduled and run.outcome in _FAILURES:
            what = f"{run.task} of {run.repository or 'the machine'}"
            yield warning(
                f"{what} ended with {run.outcome} {span(context.now - run.ended)} ago: {run.reason}",
                "mend what it says, and try it",
                ("alignwatch", "maintenance", "history", "--task", run.task),
                ("alignwatch", "maintenance", "run", run.task),
            )
    for task, repository, since, number in rows(context, _POSTPONED):
        if task in scheduled and context.now - since > _LONG:
            yield warning(
                f"{task} of {repository or 'the machine'} has been put off {number} times in "
                f"{span(context.now - since)}: somebody always was at work",
                "give it another time, or a longer maintenance.patience_seconds",
                ("alignwatch", "maintenance", "history", "--task", task),
            )


CHECK = Check(
    id="failed-runs",
    summary="the last run of each task went well",
    well="the last run of each task went well",
    run=_run,
)
