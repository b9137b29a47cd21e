"""Asking everything, or what is wanted, and saying what it came to."""

import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from alignwatch import __version__
from alignwatch.diagnostics.check import Check
from alignwatch.diagnostics.checks import GROUPS, IDS, group_of, load
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.report import CheckResult, DiagnosticReport, verdict_of
from alignwatch.diagnostics.runner import merged, run_checks
from alignwatch.diagnostics.status import worst
from alignwatch.errors import UsageError
from alignwatch.git.command import Git
from alignwatch.settings import Settings
from alignwatch.text import printable, timestamp


def named(names: Sequence[str]) -> list[Check]:
    """All checks of these ids and groups, in the order of the list; none named: all there are.

    Raises:
        UsageError: there is no check and no group of a name.
    """
    for name in names:
        if name not in IDS and name not in GROUPS:
            raise UsageError(
                f"there is no check {printable(name)}; choose from {', '.join(GROUPS)}, "
                "or an id out of: alignwatch doctor --list-checks"
            )
    return [load(id_) for id_ in IDS if not names or id_ in names or group_of(id_) in names]


def chosen(names: Sequence[str] = (), left_out: Iterable[str] = ()) -> list[Check]:
    """The checks to make: as :func:`named`, without what is made on request only, and what is left out.

    Args:
        names: ids and groups; what is named by its id is asked in any case.
        left_out: ids that nobody wants to hear of.

    Raises:
        UsageError: there is no check and no group of a name.
    """
    silent = {*left_out}
    return [one for one in named(names) if one.id in names or not (one.on_request or one.id in silent)]


def context_of(
    settings: Settings, config: Path | None = None, environment: Mapping[str, str] | None = None
) -> Context:
    """What checks are given.

    Args:
        settings: complete, as :func:`alignwatch.settings_file.load_settings` makes them.
        config: the file that they come from.
        environment: of this process, if it is another one.
    """
    environment = dict(os.environ if environment is None else environment)
    return Context(
        settings=settings, config=config, environment=environment, git=Git(environment=environment)
    )


def examine(checks: Iterable[Check], context: Context) -> DiagnosticReport:
    """Runs checks side by side, and reports in their order."""
    checks, began, clock = tuple(checks), time.time(), time.monotonic()
    found = merged(run_checks(checks, context))
    results = tuple(
        CheckResult(
            id=check.id,
            group=group_of(check.id),
            summary=check.summary,
            status=worst(finding.status for finding in findings),
            seconds=round(seconds, 3),
            findings=findings,
            documentation=check.documentation,
        )
        for check in checks
        for findings, seconds in (found.get(check.id, ((), 0.0)),)
        if findings
    )
    return DiagnosticReport(
        version=__version__,
        time=timestamp(began),
        seconds=round(time.monotonic() - clock, 3),
        verdict=verdict_of(worst(result.status for result in results)),
        counts=dict(Counter(result.status.value for result in results)),
        results=results,
    )
