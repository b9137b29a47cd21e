"""What the doctor says of everything: a stable JSON.

Its schema is ``config/diagnostic-report.schema.json``. Unknown is null. Times are UTC, RFC 3339.
"""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from alignwatch.diagnostics.check import Finding
from alignwatch.diagnostics.status import Status, worst
from alignwatch.errors import ExitCode

FORMAT = 1
"""Raised when a key is renamed or removed; further keys may come at any time."""

Verdict = Literal["healthy", "warnings", "uncertain", "unhealthy"]

_VERDICTS: dict[Status, Verdict] = {
    Status.SKIPPED: "healthy",
    Status.OK: "healthy",
    Status.WARNING: "warnings",
    Status.CRASHED: "uncertain",
    Status.CRITICAL: "unhealthy",
}


class CheckResult(Struct, frozen=True, kw_only=True):
    """What one check came to."""

    id: str
    group: str
    summary: str
    """Its question."""
    status: Status
    """The worst of its findings."""
    seconds: float
    """How long its slowest look took."""
    findings: tuple[Finding, ...]
    """The worst first; at least one."""
    documentation: str
    """Address of its section."""


class DiagnosticReport(Struct, frozen=True, kw_only=True):
    """Everything that was asked."""

    format: int = FORMAT
    version: str
    """Alignwatch's own."""
    time: str
    """When the checks began."""
    seconds: float
    """How long all of them took together."""
    verdict: Verdict
    """``uncertain``: a check has crashed, and none has found anything critical."""
    counts: dict[str, int]
    """Checks by status."""
    results: tuple[CheckResult, ...]
    """In the order of the list of all checks."""

    @property
    def status(self) -> Status:
        """The worst of all."""
        return worst(result.status for result in self.results)

    def exit_code(self, fail_on: Status = Status.WARNING) -> ExitCode:
        """The verdict as a command's exit code.

        Args:
            fail_on: what is milder ends with 0; warning or critical.
        """
        if self.status is Status.CRITICAL:
            return ExitCode.UNHEALTHY
        if self.status is Status.CRASHED:
            return ExitCode.FAULT
        if self.status is Status.WARNING and fail_on is Status.WARNING:
            return ExitCode.WARNINGS
        return ExitCode.OK


def verdict_of(status: Status) -> Verdict:
    """The word for the worst status."""
    return _VERDICTS[status]


def diagnostic_schema() -> dict[str, Any]:
    """The report's JSON Schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(DiagnosticReport),
    }
