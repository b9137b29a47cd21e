"""``alignwatch status``: health in one screen; the probe to run before a merge."""

import argparse
import sys
import time
from contextlib import suppress

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, json_text, settings_for
from alignwatch.hooks.event import Event, event_of, in_words
from alignwatch.journal.notices import Notices
from alignwatch.probes.once import look_once
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path
from alignwatch.status import Status, as_text, make_status
from alignwatch.text import printable, seconds_in

_MOST_EVENTS = 50
_CLEAR = "\x1b[H\x1b[2J"


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "print the health of host, repositories and alignment processes",
        f"{name} && git merge feature/x\n{name} --watch --since 1h",
    )
    add_config(made)
    made.add_argument("--json", action="store_true", help="one object, for scripts")
    made.add_argument(
        "--since", metavar="LENGTH", help="also what has happened since: 90s, 15m, 1h, 7d; the newest first"
    )
    made.add_argument(
        "--watch",
        nargs="?",
        type=_pause,
        const=10.0,
        metavar="SECONDS",
        help="again and again until Ctrl-C, with so long a pause (default: %(const)g)",
    )
    made.epilog = (made.epilog or "") + "\n\nexit codes: 0 healthy, 3 unhealthy, 4 warnings"
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints the status and returns its verdict as exit code: the last one where it is watched."""
    settings = settings_for(arguments)
    since = None if arguments.since is None else seconds_in("--since", arguments.since)
    status = make_status(look_once(settings), settings)
    _print(status, settings, since, json=arguments.json)
    with suppress(KeyboardInterrupt):
        while arguments.watch is not None:
            time.sleep(arguments.watch)
            status = make_status(look_once(settings), settings)
            _print(status, settings, since, json=arguments.json, again=True)
    return status.exit_code


def _print(
    status: Status, settings: Settings, since: float | None, *, json: bool, again: bool = False
) -> None:
    events = None if since is None else _events(settings, time.time() - since)
    if json:
        import msgspec

        shown = msgspec.to_builtins(status)
        if events is not None:
            shown["events"] = msgspec.to_builtins(events)
        text = json_text(shown)
    else:
        text = as_text(status)
        if events is not None:
            text += "\n\nlately\n" + "\n".join(f"  {printable(in_words(one))}" for one in events or ())
            text += "" if events else "  nothing has happened"
    if again:
        print(_CLEAR if sys.stdout.isatty() else "", end="" if sys.stdout.isatty() else "\n")
    print(text, flush=True)


def _events(settings: Settings, moment: float) -> list[Event]:
    with Notices(journal_path(settings.state_folder)) as notices:
        labels = [one.label for one in settings.repositories]
        return [event_of(one) for one in notices.since(moment, labels, _MOST_EVENTS)]


def _pause(text: str) -> float:
    seconds = float(text)
    if not 1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError("from 1 to 86400 seconds")
    return seconds
