"""``alignwatch alert send``."""

import argparse
import json
from dataclasses import asdict

from alignwatch.alerting import NotificationResult, SendStatus, resolve_alert, send_alert
from alignwatch.alerting.draft import SEVERITIES
from alignwatch.cli import new_parser
from alignwatch.cli.alert.common import add_alertmanager
from alignwatch.cli.common import settings_with_servers
from alignwatch.errors import ExitCode, UsageError
from alignwatch.text import printable, seconds_in

_NOTE = """\
Name, severity, repository and labels tell one alert from another: give the same ones to raise it again or to
resolve it. While Alertmanager cannot be reached the alert waits in the journal, and the exporter sends it.

exit codes: 0 sent, suppressed or queued (the first word says which), 1 failed, 2 wrong use"""


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "raise an alert, or say that it is over",
        f"{name} --name AlignmentBackupFailed --severity critical --repository app \\\n"
        "    --message 'No backup of app was made before the rebase'\n"
        f"{name} --name AlignmentBackupFailed --severity critical --repository app --resolve",
    )
    made.add_argument("--name", required=True, metavar="NAME", help="CamelCase, beginning with Alignment")
    made.add_argument("--severity", required=True, choices=SEVERITIES)
    what = made.add_mutually_exclusive_group(required=True)
    what.add_argument("--message", metavar="TEXT", help="what is wrong, in one line")
    what.add_argument("--resolve", action="store_true", help="the alert is over")
    made.add_argument("--description", default="", metavar="TEXT", help="more about it")
    made.add_argument("--repository", metavar="NAME", help="as it is called in labels")
    made.add_argument(
        "--label",
        action="append",
        default=[],
        dest="labels",
        metavar="NAME=VALUE",
        help="one more label; may be given more than once",
    )
    made.add_argument("--runbook", metavar="URL", help="where it says what to do")
    made.add_argument("--dashboard", metavar="URL", help="where more is to be seen")
    made.add_argument(
        "--for",
        dest="active",
        default="1h",
        metavar="LENGTH",
        help="the alert ends by itself after so long, from 10m to 30d (default: %(default)s)",
    )
    made.add_argument("--json", action="store_true", help="print status, reason and fingerprint as JSON")
    add_alertmanager(made)
    made.epilog = f"{made.epilog}\n\n{_NOTE}"
    return made


def run(arguments: argparse.Namespace) -> int:
    """Sends it and says what became of it."""
    result = _send(arguments)
    if arguments.json:
        print(json.dumps(asdict(result)))
    else:
        reason = f": {printable(result.reason)}" if result.reason else ""
        print(f"{result.status} {arguments.name} ({result.fingerprint}){reason}")
    return ExitCode.FAULT if result.status is SendStatus.FAILED else ExitCode.OK


def _send(arguments: argparse.Namespace) -> NotificationResult:
    settings, labels = settings_with_servers(arguments), _labels(arguments.labels)
    if arguments.resolve:
        return resolve_alert(
            name=arguments.name,
            severity=arguments.severity,
            repository=arguments.repository,
            labels=labels,
            config=settings,
        )
    return send_alert(
        name=arguments.name,
        severity=arguments.severity,
        message=arguments.message,
        description=arguments.description,
        repository=arguments.repository,
        labels=labels,
        runbook_url=arguments.runbook,
        dashboard_url=arguments.dashboard,
        active_seconds=seconds_in("--for", arguments.active),
        config=settings,
    )


def _labels(given: list[str]) -> dict[str, str]:
    labels = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--label {text!r} has no value; write NAME=VALUE")
        if name in labels:
            raise UsageError(f"--label {name} is given twice; keep one")
        labels[name] = value
    return labels
