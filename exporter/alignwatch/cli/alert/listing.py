"""``alignwatch alert list``."""

import argparse
import sys
from collections.abc import Iterable, Iterator

from msgspec import Struct

from alignwatch.alerting.suppression import held_back_by
from alignwatch.cli import new_parser
from alignwatch.cli.alert.common import add_alertmanager
from alignwatch.cli.common import json_text, settings_with_servers
from alignwatch.errors import AlignwatchError, ExitCode
from alignwatch.journal.outbox import LIMIT, Waiting
from alignwatch.journal.store import Journal
from alignwatch.servers.alertmanager import OURS, Alertmanager
from alignwatch.servers.connect import alertmanager_client
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path
from alignwatch.text import table, timestamp

_QUEUED = "queued"
_STATES = ("active", "unprocessed", "suppressed", _QUEUED)


class ListedAlert(Struct):
    """One line of the list."""

    state: str
    """``active``, ``suppressed``, ``unprocessed``, or ``queued`` for one that waits in the journal."""
    severity: str | None
    name: str
    labels: dict[str, str]
    since: str
    """RFC 3339."""
    summary: str | None
    by: str | None
    """What holds it back."""
    fingerprint: str


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "list the active alerts, and what holds some of them back",
        f"{name}\n{name} --all --json",
    )
    made.add_argument(
        "--all",
        action="store_true",
        help="those of others too, and those that tell nobody (severity none)",
    )
    made.add_argument("--json", action="store_true", help="objects, times in RFC 3339")
    add_alertmanager(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints them; what waits in the journal also when Alertmanager cannot be asked."""
    settings, code = settings_with_servers(arguments), ExitCode.OK
    found = list(_queued(_waiting(settings)))
    try:
        with alertmanager_client(settings) as client:
            found += _held(Alertmanager(client), None if arguments.all else OURS)
    except AlignwatchError as error:
        print(f"alignwatch alert: {error}", file=sys.stderr)
        code = ExitCode.FAULT
    listed = [one for one in found if arguments.all or one.severity != "none"]
    listed.sort(key=lambda one: (_STATES.index(one.state), one.name, sorted(one.labels.items())))
    if arguments.json:
        print(json_text(listed))
    elif listed or code is ExitCode.OK:
        print(_table(listed))
    return code


def _held(alertmanager: Alertmanager, matcher: str | None) -> Iterator[ListedAlert]:
    held, silences = alertmanager.alerts(matcher), alertmanager.silences()
    for alert in held:
        yield ListedAlert(
            state=alert.status.state,
            severity=alert.labels.get("severity"),
            name=alert.labels.get("alertname", ""),
            labels=alert.labels,
            since=timestamp(alert.starts_at.timestamp()),
            summary=alert.annotations.get("summary"),
            by=held_back_by(alert, held, silences) or None,
            fingerprint=alert.fingerprint,
        )


def _queued(waiting: Iterable[Waiting]) -> Iterator[ListedAlert]:
    for one in waiting:
        alert, began = one.alert, one.alert.starts
        yield ListedAlert(
            state=_QUEUED,
            severity=alert.labels["severity"],
            name=alert.labels["alertname"],
            labels=dict(alert.labels),
            since=timestamp(one.queued if began is None else began),
            summary=alert.annotations.get("summary", "the news that it is over"),
            by=one.last_error or "waits for the exporter to send it",
            fingerprint=alert.identity,
        )


def _waiting(settings: Settings) -> tuple[Waiting, ...]:
    path = journal_path(settings.state_folder)
    if not path.exists():
        return ()
    with Journal(path) as journal:
        return journal.waiting_alerts(LIMIT)


def _table(listed: list[ListedAlert]) -> str:
    if not listed:
        return "no alert is active"
    rows = [
        (one.state, one.severity or "", one.name, one.since, one.summary or "", one.by or "")
        for one in listed
    ]
    return table(("STATE", "SEVERITY", "ALERT", "SINCE", "SUMMARY", "HELD BACK BY"), rows)
