"""``alignwatch doctor``: what is wrong, and the remedy."""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from alignwatch.cli import VERBS, new_parser
from alignwatch.cli.bundle import add_bundle, check_options, run_bundle
from alignwatch.cli.common import add_config, json_text, settings_for
from alignwatch.cli.progress import Progress
from alignwatch.diagnostics.checks import group_of
from alignwatch.diagnostics.doctor import chosen, context_of, examine, named
from alignwatch.diagnostics.mending import mend, proposals
from alignwatch.diagnostics.status import Status
from alignwatch.diagnostics.terminal import as_text, list_of
from alignwatch.errors import ExitCode, UsageError
from alignwatch.text import printable

if TYPE_CHECKING:
    from alignwatch.diagnostics.check import Check
    from alignwatch.diagnostics.context import Context

_FAIL_ON = {"warn": Status.WARNING, "critical": Status.CRITICAL}
_NOTE = """\
--fix takes rights on our own files away from others, and puts in order what the dead have left in our own
journal. It never changes a repository, a configuration, or what another user owns.

exit codes: 0 well, 3 something critical, 4 warnings, 1 a check has crashed, 2 wrong use or configuration"""


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        VERBS["doctor"].summary,
        f"{name}\n{name} repositories stale-locks\n{name} --json --fail-on critical\n{name} --fix --dry-run",
    )
    made.add_argument(
        "names", nargs="*", metavar="CHECK", help="a check's id, or a group's name (default: all)"
    )
    made.add_argument("--list-checks", action="store_true", help="list all checks, and look at nothing")
    made.add_argument("--json", action="store_true", help="one object, for scripts")
    made.add_argument("--all", dest="everything", action="store_true", help="show what is well, too")
    made.add_argument(
        "--fail-on",
        choices=("warn", "critical"),
        default="warn",
        help="what is milder ends with 0 (default: %(default)s)",
    )
    made.add_argument("--fix", action="store_true", help="mend what can safely be mended")
    made.add_argument(
        "--dry-run", action="store_true", help="with --fix, --bundle: only say what would be done"
    )
    made.add_argument("--yes", action="store_true", help="with --fix: do not ask")
    add_bundle(made)
    add_config(made)
    made.epilog = f"{made.epilog}\n\n{_NOTE}"
    return made


def run(arguments: argparse.Namespace) -> int:
    """Asks, mends where that is wanted, and returns the verdict as exit code."""
    if (arguments.yes or (arguments.dry_run and arguments.bundle is None)) and not arguments.fix:
        raise UsageError("--dry-run and --yes go with --fix, --dry-run also with --bundle")
    check_options(arguments)
    if arguments.list_checks:
        return _list(named(arguments.names), as_json=arguments.json)
    named(arguments.names)  # A wrong name is told before the configuration is read.
    settings = settings_for(arguments)
    checks = chosen(arguments.names, settings.diagnostics.skip)
    context = context_of(settings, Path(arguments.config) if arguments.config else None)
    if arguments.bundle is not None:
        return run_bundle(arguments, context)
    if arguments.fix and not _fix(checks, context, arguments):
        return ExitCode.OK
    with Progress("looking"):
        report = examine(checks, context_of(settings, context.config))
    if arguments.json:
        print(json_text(report))
    else:
        print(as_text(report, everything=arguments.everything or bool(arguments.names)))
    return report.exit_code(_FAIL_ON[arguments.fail_on])


def _list(checks: "list[Check]", *, as_json: bool) -> int:
    if not as_json:
        print(list_of(checks))
        return ExitCode.OK

    rows = [
        {
            "id": check.id,
            "group": group_of(check.id),
            "summary": check.summary,
            "reaches": check.reaches,
            "cheap": check.cheap,
            "on_request": check.on_request,
            "documentation": check.documentation,
        }
        for check in checks
    ]
    print(json_text(rows))
    return ExitCode.OK


def _fix(checks: "list[Check]", context: "Context", arguments: argparse.Namespace) -> bool:
    """Mends what is proposed, if it is wanted; returns whether the report is wanted, too."""
    # What is for scripts stays alone.
    say = partial(print, file=sys.stderr if arguments.json else sys.stdout)
    found = proposals(checks, context)
    for one in found:
        say(f"{one.check.id}: {printable(one.finding.seen)}\n  would {printable(one.finding.mend or '')}")
    if not found:
        say("nothing that can be mended")
    if arguments.dry_run:
        # Scripts read the report in any case.
        return bool(arguments.json)
    if found and not arguments.yes and not _is_wanted(len(found)):
        say("nothing was changed")
        return False
    for done in (mend(one, context) for one in found):
        how = "mended" if done.problem is None else f"could not be mended: {done.problem}"
        say(f"{done.check.id}: {printable(how)}")
    return True


def _is_wanted(number: int) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("--fix asks before it changes anything, and there is no terminal; add --yes")
    return input(f"do all {number}? [y/N] ").strip().lower() in ("y", "yes")
