"""``alignwatch track``: runs a command and records it as an alignment operation."""

import argparse
import math
import sys
from contextlib import suppress

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, state_dir_for
from alignwatch.journal.store import Journal
from alignwatch.operation import Kind
from alignwatch.state_dir import journal_path
from alignwatch.tracking.command import Request, track
from alignwatch.tracking.process import NotRunError

_EXIT_CODES = """\
exit codes: the command's own, 128 + n when signal n ended it, 124 when it took too long, 127 and 126
when it could not be found or run; nothing is recorded then
"""
_PHASES = """\
phases: the command may say which phase it is in. It writes lines to the path in $ALIGNWATCH_PHASES:
  echo "begin validation" >> "${ALIGNWATCH_PHASES:-/dev/null}"
  echo "end validation" >> "${ALIGNWATCH_PHASES:-/dev/null}"
They may lie inside and beside each other; what has not ended ends with the command. The phase
conflict_resolution is a person's: its time counts as waiting, not as work.
"""


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "run a command and record it as an alignment operation",
        f"{name} --operation rebase --branch feature/x --target main -- git rebase main",
    )
    made.add_argument(
        "--operation",
        choices=[kind.value for kind in Kind],
        metavar="KIND",
        help="%(choices)s (default: see COMMAND)",
    )
    made.add_argument("--branch", help="what is aligned (default: the branch that is checked out)")
    made.add_argument("--target", help="what it is aligned to (default: the repository's first primary)")
    made.add_argument(
        "--repository", metavar="NAME|PATH", help="default: the repository of the working directory"
    )
    made.add_argument(
        "--timeout",
        type=_seconds,
        metavar="SECONDS",
        help="end the command and all that it has started after so long; exit code 124",
    )
    add_config(made)
    made.add_argument(
        "command",
        nargs="+",
        metavar="COMMAND",
        help="what to run, after --; git rebase, merge and so on tell what kind of operation they are, "
        "anything else is align",
    )
    made.epilog = f"{made.epilog}\n\n{_EXIT_CODES}\n{_PHASES}"
    return made


def run(arguments: argparse.Namespace) -> int:
    """Runs the command and returns its exit code."""
    request = Request(
        command=arguments.command,
        kind=Kind(arguments.operation) if arguments.operation else None,
        branch=arguments.branch,
        target=arguments.target,
        repository=arguments.repository,
        timeout=arguments.timeout,
    )
    with Journal(journal_path(state_dir_for(arguments))) as journal:
        try:
            return track(request, journal)
        except NotRunError as error:
            print(f"alignwatch track: {error}", file=sys.stderr)
            return error.shell_code


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < (seconds := float(text)) < math.inf:
            return seconds
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
