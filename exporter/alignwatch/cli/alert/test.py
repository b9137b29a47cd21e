"""``alignwatch alert test``."""

import argparse

from alignwatch.alerting.proof import CHANNELS, Verdict, prove
from alignwatch.cli import new_parser
from alignwatch.cli.alert.common import add_alertmanager, alertmanager_for
from alignwatch.errors import ExitCode
from alignwatch.text import printable, seconds_in

_CODES = {
    Verdict.DELIVERED: ExitCode.OK,
    Verdict.NOT_DELIVERED: ExitCode.UNHEALTHY,
    Verdict.UNKNOWN: ExitCode.WARNINGS,
}
_NOTE = """\
Alertmanager has to use what alignwatch render writes: it sends this alert through that channel and to nobody
else.

exit codes: 0 delivered to the mail server, Slack or the webhook, 3 not delivered, 4 unknown, 1 Alertmanager
cannot be used, 2 wrong use"""


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name, "send a test alert through one channel, and say how far it came", f"{name} --channel email"
    )
    made.add_argument("--channel", required=True, choices=list(CHANNELS))
    made.add_argument(
        "--timeout",
        default="30s",
        metavar="LENGTH",
        help="longest time to wait for it to be sent (default: %(default)s)",
    )
    add_alertmanager(made)
    made.epilog = f"{made.epilog}\n\n{_NOTE}"
    return made


def run(arguments: argparse.Namespace) -> int:
    """Tests the channel and says what is known."""
    patience_seconds = seconds_in("--timeout", arguments.timeout)
    with alertmanager_for(arguments) as alertmanager:
        proof = prove(alertmanager, arguments.channel, patience_seconds)
    print(f"{proof.verdict}: {printable(proof.reason)}")
    return _CODES[proof.verdict]
