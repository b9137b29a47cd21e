"""The doctor's report for a terminal: what is well in a word, what is not with its remedy."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from alignwatch.diagnostics.check import Check, Finding
from alignwatch.diagnostics.checks import GROUPS, group_of
from alignwatch.diagnostics.report import CheckResult, DiagnosticReport
from alignwatch.diagnostics.status import Status, worst
from alignwatch.shell import typed
from alignwatch.text import printable, table

_MARKS = {
    Status.OK: "ok",
    Status.SKIPPED: "-",
    Status.WARNING: "warning",
    Status.CRASHED: "crashed",
    Status.CRITICAL: "CRITICAL",
}
_WIDTH = max(map(len, _MARKS.values()))
_INDENT = " " * (_WIDTH + 4)
_OF_INTEREST = (Status.WARNING, Status.CRASHED, Status.CRITICAL)
_SHOWN = 5
"""So many findings of one check; the rest is a number."""


def as_text(report: DiagnosticReport, *, everything: bool = False) -> str:
    """The report as one screen, as long as little is wrong.

    Args:
        report: what to show.
        everything: also what is well.
    """
    lines = [f"{report.verdict:<{_WIDTH + 4}}{report.time}", ""]
    for group in GROUPS:
        results = [result for result in report.results if result.group == group]
        if results:
            lines += _group(group, results, everything=everything)
    counted = ", ".join(f"{report.counts[one]} {one}" for one in reversed(Status) if one in report.counts)
    number = sum(report.counts.values())
    asked = f"{number} check{'' if number == 1 else 's'} in {report.seconds:.1f} s"
    lines += ["", f"{asked}: {counted or 'none'}"]
    if mended := sum(finding.mend is not None for result in report.results for finding in result.findings):
        lines.append(f"{mended} of these can be mended: alignwatch doctor --fix --dry-run")
    return "\n".join(map(printable, lines))


def list_of(checks: Iterable[Check]) -> str:
    """A table of checks."""
    rows = [
        (check.id, group_of(check.id), check.reaches.value, _when(check), check.summary) for check in checks
    ]
    return table(("check", "group", "up to", "when", "asks whether"), rows)


def _when(check: Check) -> str:
    if check.on_request:
        return "on request"
    return "always" if check.cheap else "by hand"


def _group(group: str, results: Sequence[CheckResult], *, everything: bool) -> Iterator[str]:
    numbers = Counter(result.status for result in results)
    counted = ", ".join(f"{numbers[one]} {one}" for one in reversed(Status) if numbers[one])
    yield f"{_MARKS[worst(numbers)]:<{_WIDTH}}  {group}: {counted}"
    for result in results:
        if everything or result.status in _OF_INTEREST:
            yield from _result(result, everything=everything)


def _result(result: CheckResult, *, everything: bool) -> Iterator[str]:
    yield f"  {_MARKS[result.status]:<{_WIDTH}}  {result.id}  ({result.seconds:.2f} s)"
    findings = [one for one in result.findings if everything or one.status in _OF_INTEREST]
    several = len({one.where.repository for one in result.findings} - {None}) > 1
    for alike in _alike(findings[:_SHOWN]):
        yield from _findings(alike, with_repository=several or alike[0].status in _OF_INTEREST)
    if (more := len(findings) - _SHOWN) > 0:
        yield f"{_INDENT}and {more} more: alignwatch doctor --json {result.id}"
    if result.status in _OF_INTEREST:
        yield f"{_INDENT}see {result.documentation.rpartition('/main/')[2]}"


def _alike(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    """Those that follow each other and have the same remedy."""
    for _, alike in groupby(findings, key=lambda one: (one.remedy, one.commands, one.where.key)):
        yield list(alike)


def _findings(alike: Sequence[Finding], *, with_repository: bool) -> Iterator[str]:
    for finding in alike:
        label = finding.where.repository if with_repository else None
        yield f"{_INDENT}{f'{label}: ' if label else ''}{finding.seen}"
    last = alike[-1]
    if last.where.key is not None and last.where.key not in last.seen:
        yield f"{_INDENT}  key: {last.where.key}"
    if last.remedy:
        yield f"{_INDENT}  {last.remedy}"
    for command in last.commands:
        yield f"{_INDENT}    $ {typed(command)}"
