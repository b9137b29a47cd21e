"""``alignwatch profile``: which parts of operations have become slower or faster."""

import argparse
import time

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, json_text, settings_for
from alignwatch.errors import ExitCode, UsageError
from alignwatch.journal.store import Journal
from alignwatch.profiling import as_text, make_profile, spans
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path
from alignwatch.text import printable


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "compare how long each phase of operations takes now with the time before",
        f"{name} --baseline 14d --json",
    )
    made.add_argument(
        "--baseline", default="14d", metavar="LENGTH", help="the time before (default: %(default)s)"
    )
    made.add_argument(
        "--window", default="1d", metavar="LENGTH", help="the time until now (default: %(default)s)"
    )
    made.add_argument("--end", metavar="TIME", help="2026-01-12T12:00:00Z, instead of now")
    made.add_argument("--repository", action="append", default=[], metavar="NAME", help="only this one")
    add_config(made)
    made.add_argument("--json", action="store_true", help="one object, for scripts")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints the profile."""
    settings = settings_for(arguments)
    names = _chosen(settings, arguments.repository)
    compared = spans(arguments.baseline, arguments.window, arguments.end, time.time(), names)
    with Journal(journal_path(settings.state_folder)) as journal:
        profile = make_profile(journal, *compared)
    if arguments.json:
        print(json_text(profile))
    else:
        print(as_text(profile))
    return ExitCode.OK


def _chosen(settings: Settings, wanted: list[str]) -> list[str]:
    names = [one.label for one in settings.repositories]
    for one in wanted:
        if one not in names:
            raise UsageError(f"no repository is named {printable(one)}; choose from {', '.join(names)}")
    return wanted or names
