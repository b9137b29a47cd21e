"""``alignwatch alert silences``."""

import argparse

from msgspec import Struct

from alignwatch.cli import new_parser
from alignwatch.cli.alert.common import add_alertmanager, alertmanager_for
from alignwatch.cli.common import json_text
from alignwatch.errors import ExitCode
from alignwatch.servers.alertmanager import Silence
from alignwatch.text import table, timestamp

_EXPIRED = "expired"


class ListedSilence(Struct):
    """One line of the list."""

    id: str
    state: str
    """``active``, ``pending`` or ``expired``."""
    matchers: list[str]
    since: str
    """RFC 3339, as ``until``."""
    until: str
    by: str
    comment: str


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(name, "list the silences, the first to end first", f"{name}\n{name} --expired --json")
    made.add_argument("--expired", action="store_true", help="those too that are over")
    made.add_argument("--json", action="store_true", help="objects, times in RFC 3339")
    add_alertmanager(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints them."""
    with alertmanager_for(arguments) as alertmanager:
        silences = alertmanager.silences()
    listed = [_listed(one) for one in silences if arguments.expired or one.status.state != _EXPIRED]
    listed.sort(key=lambda one: (one.state == _EXPIRED, one.until, one.id))
    if arguments.json:
        print(json_text(listed))
    else:
        print(_table(listed))
    return ExitCode.OK


def _listed(silence: Silence) -> ListedSilence:
    return ListedSilence(
        id=silence.id,
        state=silence.status.state,
        matchers=[str(matcher) for matcher in silence.matchers],
        since=timestamp(silence.starts_at.timestamp()),
        until=timestamp(silence.ends_at.timestamp()),
        by=silence.created_by,
        comment=silence.comment,
    )


def _table(listed: list[ListedSilence]) -> str:
    if not listed:
        return "nothing is silenced"
    rows = [(one.id, one.state, one.until, one.by, ", ".join(one.matchers), one.comment) for one in listed]
    return table(("ID", "STATE", "UNTIL", "BY", "ALERTS", "COMMENT"), rows)
