"""What :class:`alignwatch.MaintenanceMonitoringFramework` takes and returns: frozen values, all typed."""

import math
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from alignwatch.alerting import NotificationResult
from alignwatch.diagnostics.report import DiagnosticReport
from alignwatch.maintenance.scheduling import ScheduleResult
from alignwatch.report import schema
from alignwatch.report.schema import PerformanceMetrics
from alignwatch.status import Verdict

__all__ = [
    "Alert",
    "ComponentPerformance",
    "DiagnosticReport",
    "HealthStatus",
    "MonitoringReport",
    "NotificationResult",
    "PerformanceMetrics",
    "ResourceUse",
    "ScheduleResult",
]


Source = Literal["prometheus", "journal"]


class Alert(Struct, frozen=True, kw_only=True):
    """Something that people should be told."""

    severity: str
    """``info``, ``warning`` or ``critical``."""
    message: str
    """What is wrong, in one line."""
    name: str = "AlignmentAlert"
    """CamelCase, beginning with ``Alignment``. With severity, repository and labels it tells alerts apart."""
    description: str = ""
    """More about it."""
    repository: str | None = None
    """The repository's name; None for the project's."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Up to 16 more."""


class HealthStatus(schema.HealthStatus, frozen=True, kw_only=True):
    """The report's ``health_status``, with a verdict and the reasons for it."""

    verdict: Verdict
    findings: tuple[str, ...]
    """What is not well, in words."""

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return self.verdict == "healthy"


class ComponentPerformance(Struct, frozen=True, kw_only=True):
    """One part of the operations: a phase, or the whole of operations without phases."""

    number: int
    """Operations that it was a part of."""
    avg_time: float
    """Seconds."""
    max_time: float
    """Seconds."""
    total_time: float
    """Seconds."""


class ResourceUse(Struct, frozen=True, kw_only=True):
    """How much of one resource of the machine is in use."""

    percent: float
    """NaN where unknown, which is above no threshold."""


class MonitoringReport(schema.MonitoringReport, frozen=True, kw_only=True):
    """The specification's report, and what it was made from."""

    source: Source
    """``journal`` also means a look at the machine just now."""
    notes: tuple[str, ...] = ()
    """What is missing or was done without, in words."""

    def as_dict(self) -> dict[str, Any]:
        """Exactly the specification's keys."""
        everything = msgspec.to_builtins(self)
        return {name: everything[name] for name in schema.MonitoringReport.__struct_fields__}

    def as_json(self) -> str:
        """Exactly the specification's JSON."""
        return msgspec.json.encode(self.as_dict()).decode()


def known(figure: float | None) -> float:
    """A figure for those who compare it: NaN where it is unknown."""
    return math.nan if figure is None else figure
