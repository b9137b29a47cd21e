"""``alignwatch events``: what happened to branches, from the journal; no server is needed."""

import argparse
import time
from typing import TYPE_CHECKING

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, json_text, state_dir_for
from alignwatch.errors import ExitCode
from alignwatch.state_dir import journal_path
from alignwatch.text import seconds_in

if TYPE_CHECKING:
    from alignwatch.journal.events import Event


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "list what happened to primaries and what work was lost, the newest first",
        f"{name} --since 7d\n{name} --event lines_lost --json main",
    )
    made.add_argument("patterns", nargs="*", metavar="PATTERN", help="only branches that match one of these")
    add_config(made)
    made.add_argument("--repository", action="append", default=[], metavar="NAME", help="only this one")
    made.add_argument("--event", action="append", default=[], metavar="WORD", help="only what is called so")
    made.add_argument("--since", metavar="TIME", help="only what was seen in the last 90m, 24h or 7d")
    made.add_argument("--limit", type=int, metavar="N", help="at most so many")
    made.add_argument("--json", action="store_true", help="objects, times in RFC 3339")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints the events; an exporter that watches notes them."""
    from alignwatch.events import event_rows, event_table, select_events
    from alignwatch.journal.store import Journal

    path, now = journal_path(state_dir_for(arguments)), time.time()
    begin = now - seconds_in("--since", arguments.since) if arguments.since else 0.0
    noted: tuple[Event, ...] = ()
    if path.exists():
        with Journal(path) as journal:
            noted = journal.events()
    rows = select_events(
        event_rows(one for one in noted if one.seen >= begin),
        arguments.repository,
        arguments.event,
        arguments.patterns,
    )[: arguments.limit]
    if arguments.json:
        print(json_text(rows))
    else:
        print(event_table(rows, now) if rows else "nothing has been noted")
    return ExitCode.OK
