"""Alerts that wait to be sent.

What `alignwatch alert send` and the Python API raise waits in the journal while Alertmanager is away. Waiting
for more than ten minutes means that Alertmanager does not take it, or that no exporter runs to send it.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.journal_file import rows
from alignwatch.text import span

_PATIENCE = 600.0
_WAITING = "SELECT count(*), min(queued), max(last_error) FROM outbox"


def _run(context: Context) -> Iterator[Finding]:
    for number, since, error in rows(context, _WAITING):
        if number and context.now - since > _PATIENCE:
            why = f"; last tried in vain: {error}" if error else "; nobody has tried to send them"
            yield warning(
                f"{number} alerts wait to be sent, the first for {span(context.now - since)}{why}",
                "see whether the exporter runs, and Alertmanager answers",
                ("alignwatch", "alert", "list"),
                ("alignwatch", "doctor", "metrics-page", "alertmanager-routes"),
            )


CHECK = Check(
    id="outbox",
    summary="no alert waits to be sent",
    well="no alert waits",
    run=_run,
)
