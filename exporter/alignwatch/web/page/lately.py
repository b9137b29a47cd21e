"""What happened lately: operations, events, alerts that were told."""

from alignwatch.events import EventRow, paths_in_short
from alignwatch.journal.claims import CONFIRMED, OPEN
from alignwatch.journal.deliveries import Delivery
from alignwatch.journal.newest import NewestOperation
from alignwatch.journal.running import Running
from alignwatch.tracking.verification import UNKNOWN
from alignwatch.web.page.html import Child, Html, element, named
from alignwatch.web.page.parts import Column, Part, length, moment, moment_of, paragraph, table, verdict
from alignwatch.web.page.view import View

_SHOWN = 20
_UNREADABLE = "The journal cannot be read; the log says why."
_DIGITS = 12
_CLAIMS = {CONFIRMED: "yes", OPEN: "not looked yet", UNKNOWN: "cannot be told"}
_OPERATIONS = (
    Column("Ended"),
    Column("Operation", "name"),
    Column("Repository", "name"),
    Column("Branch", "name"),
    Column("Outcome"),
    Column("Confirmed by git", "name"),
    Column("Took", "number"),
)
_EVENTS = (
    Column("Seen"),
    Column("Event"),
    Column("Repository", "name"),
    Column("Branch", "name"),
    Column("Commit"),
    Column("What", "wide"),
)
_SENT = (Column("Sent"), Column("Alert", "name"), Column("Severity"), Column("Status"), Column("By", "name"))


def operations(view: View) -> Part:
    """The operations that are in progress, and those that ended last."""
    return Part("Operations lately", _operations(view))


def _operations(view: View) -> Html:
    if view.journal is None:
        return paragraph(_UNREADABLE)
    if not view.settings.monitoring.performance_tracking:
        return paragraph("They are not shown: monitoring.performance_tracking is false.")
    watched = {one.label for one in view.settings.repositories}
    running = [one for one in view.journal.running if one.repository in watched]
    ended = [one for one in view.journal.newest if one.repository in watched][:_SHOWN]
    if not running and not ended:
        return paragraph("None is recorded yet.")
    rows = [*(_in_progress(one, view.taken) for one in running), *(_ended(one, view.taken) for one in ended)]
    caption = "In progress, then those that ended last, the newest first"
    return table(caption, view.columns(_OPERATIONS), rows)


def _in_progress(one: Running, now: float) -> dict[str, Child]:
    return {
        "Ended": verdict("in progress"),
        "Outcome": None,
        "Confirmed by git": None,
        "Took": length(max(0.0, now - one.started)),
        **_operation_on(one.kind, one.repository, one.branch, one.target),
    }


def _ended(one: NewestOperation, now: float) -> dict[str, Child]:
    return {
        "Ended": moment(one.ended, now),
        "Outcome": verdict(one.outcome),
        "Confirmed by git": _confirmed(one.claim),
        "Took": length(one.duration),
        **_operation_on(one.operation, one.repository, one.branch, one.target),
    }


def _operation_on(kind: str, repository: str, branch: str, target: str) -> dict[str, Child]:
    onto: Child = [" → ", named(target)] if target else None
    return {
        "Operation": kind,
        "Repository": named(repository),
        "Branch": [named(branch) if branch else "unknown", onto],
    }


def _confirmed(claim: str | None) -> Html | None:
    """What git says of a success that was claimed; nothing where none was."""
    if claim is None:
        return None
    if claim in _CLAIMS:
        return verdict(claim, _CLAIMS[claim])
    return verdict("failed", f"no: {claim.replace('_', ' ')}")


def events(view: View) -> Part:
    """What happened to primaries, and work that was lost."""
    rows = [_event(one, view.taken) for one in view.events.rows[:_SHOWN]]
    if view.journal is None:
        told = paragraph(_UNREADABLE)
    elif rows:
        told = table("What happened to primaries, and work that was lost", view.columns(_EVENTS), rows)
    else:
        told = paragraph("Nothing is known to have happened to primaries, and no work to have been lost.")
    return Part("Events lately", told)


def _event(one: EventRow, now: float) -> dict[str, Child]:
    paths = paths_in_short(one.paths, one.path_count)
    return {
        "Seen": moment_of(one.seen, now),
        "Event": one.event.replace("_", " "),
        "Repository": named(one.repository),
        "Branch": named(one.branch),
        "Commit": element("code", one.commit[:_DIGITS]),
        "What": [named(one.detail), [element("br"), named(paths)] if paths else None],
    }


def sent(view: View) -> Html | None:
    """The alerts that Alertmanager says it has sent last; nothing where it does not say so."""
    rows = [_delivery(one, view.taken) for one in view.journal.sent] if view.journal else []
    return table("What Alertmanager has sent last, the newest first", _SENT, rows) if rows else None


def _delivery(one: Delivery, now: float) -> dict[str, Child]:
    labels = one.alert.labels
    return {
        "Sent": moment(one.last_sent, now),
        "Alert": named(labels.get("alertname", "")),
        "Severity": named(labels.get("severity", "")),
        "Status": verdict(one.alert.status),
        "By": named(one.receiver),
    }
