"""``alignwatch alert``: what people do with alerts; one module an action."""

import argparse

from alignwatch.cli import VERBS, Verb, load, new_parser

ACTIONS = {
    "send": Verb("alert.send", "raise an alert, or say that it is over"),
    "list": Verb("alert.listing", "list the active alerts, and what holds some of them back"),
    "silence": Verb("alert.silence", "hold alerts back for a time"),
    "silences": Verb("alert.silences", "list the silences"),
    "unsilence": Verb("alert.unsilence", "end silences"),
    "test": Verb("alert.test", "send a test alert through one channel, and say how far it came"),
}


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        VERBS["alert"].summary,
        f"{name} list\n{name} silence AlignmentHostDiskSpaceLow --comment 'a new disk is on its way'",
    )
    summaries = "; ".join(f"{action}: {verb.summary}" for action, verb in ACTIONS.items())
    made.add_argument("action", choices=list(ACTIONS), metavar="ACTION", help=summaries)
    made.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="...", help=f"as in {name} ACTION --help"
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Does what was asked."""
    action = load(ACTIONS[arguments.action])
    parsed = action.parser(f"alignwatch alert {arguments.action}").parse_args(arguments.arguments)
    return action.run(parsed)
