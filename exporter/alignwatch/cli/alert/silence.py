"""``alignwatch alert silence``."""

import argparse
import getpass
from datetime import UTC, datetime, timedelta

from alignwatch.alerting.matchers import holds_back_everything, parse_matcher
from alignwatch.cli import new_parser
from alignwatch.cli.alert.common import add_alertmanager, alertmanager_for
from alignwatch.errors import ExitCode, UsageError
from alignwatch.servers.alertmanager import Matcher, NewSilence
from alignwatch.text import printable, seconds_in, timestamp


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "hold back the alerts that match all of these for a time",
        f"{name} AlignmentOperationStuck --repository app --for 2h --comment 'the team is on it'\n"
        f"{name} 'mountpoint=~\"/srv/.+\"' --for 1d --comment 'disks are being replaced'",
    )
    made.add_argument(
        "matchers",
        nargs="*",
        metavar="MATCHER",
        help="an alert's name, or NAME=VALUE, NAME!=VALUE, NAME=~REGEXP, NAME!~REGEXP of a label",
    )
    made.add_argument("--repository", metavar="NAME", help="as it is called in labels")
    made.add_argument(
        "--for", dest="length", default="2h", metavar="LENGTH", help="15m, 2h, 1d (default: %(default)s)"
    )
    made.add_argument("--comment", required=True, metavar="TEXT", help="why")
    made.add_argument("--by", metavar="NAME", help="who (default: your user name)")
    made.add_argument(
        "--yes",
        action="store_true",
        help="even if critical alerts that nobody has heard of yet are held back",
    )
    add_alertmanager(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Makes the silence and prints its id."""
    seconds = seconds_in("--for", arguments.length)
    matchers = _matchers(arguments)
    now = datetime.now(UTC)
    silence = NewSilence(
        matchers=matchers,
        starts_at=now,
        ends_at=now + timedelta(seconds=seconds),
        created_by=arguments.by or _user(),
        comment=arguments.comment,
    )
    with alertmanager_for(arguments) as alertmanager:
        number = alertmanager.silence(silence)
    said = printable(", ".join(map(str, matchers)))
    print(f"{number} holds back {said} until {timestamp(silence.ends_at.timestamp())}")
    print(f"end it sooner with: alignwatch alert unsilence {number}")
    return ExitCode.OK


def _matchers(arguments: argparse.Namespace) -> list[Matcher]:
    matchers = [parse_matcher(text) for text in arguments.matchers]
    if arguments.repository is not None:
        matchers.append(Matcher("repository", arguments.repository))
    if not matchers:
        raise UsageError("nothing says what to silence; name an alert, a label or --repository")
    if holds_back_everything(matchers) and not arguments.yes:
        raise UsageError(
            f"{', '.join(map(str, matchers))} would hold back critical alerts that nobody has heard of yet; "
            "name an alert or a label of the fault, or add --yes"
        )
    return matchers


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
