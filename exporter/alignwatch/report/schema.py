"""The report's shape, and its JSON Schema.

``config/monitoring-report.schema.json`` is generated from here and compared in a test. Unknown is
``null`` or ``unknown``. Times are UTC, RFC 3339, in whole seconds; megabytes are 10**6 bytes.
"""

from math import nan
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Time = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Figure = Annotated[float, Meta(ge=0)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Ratio = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
SystemState = Literal["healthy", "degraded", "unhealthy", "unknown"]
RepositoryState = Literal["optimal", "degraded", "corrupt", "unreachable", "unknown"]
ProcessState = Literal["running", "idle", "stuck", "unknown"]


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object with exactly these keys."""


class MonitoringSession(_Section, frozen=True):
    """The making of this report; not its window, which whoever asked for it knows."""

    session_id: Annotated[
        str, Meta(pattern=r"^monitor-\d{8}-\d{6}-\d{3}$", description="Date, time, millisecond of its start.")
    ]
    start_time: Time
    end_time: Time
    duration_seconds: Figure


class ResourceUtilization(_Section, frozen=True):
    """Use of the machine at the window's end; of several machines, the largest of each figure."""

    cpu_percent: Annotated[Percent | None, Meta(description="Average over the exporter's CPU window.")]
    memory_mb: Annotated[Figure | None, Meta(description="In use (total less available), in 10^6 bytes.")]
    disk_percent: Annotated[
        Percent | None, Meta(description="The fullest watched file system, as df shows it.")
    ]


class HealthStatus(_Section, frozen=True):
    """Health at the window's end: the worst over machines and repositories."""

    system_health: SystemState
    repository_health: RepositoryState
    process_health: ProcessState
    resource_utilization: ResourceUtilization


class AlignmentOperations(_Section, frozen=True):
    """The operations that Prometheus first saw in the window."""

    total_executed: Count | None
    average_time_seconds: Figure | None
    min_time_seconds: Figure | None
    max_time_seconds: Figure | None
    success_rate: Annotated[Ratio | None, Meta(description="Share that succeeded or was not needed.")]


class ResourceUsage(_Section, frozen=True):
    """What these operations used."""

    peak_memory_mb: Annotated[Figure | None, Meta(description="Largest of any one, in 10^6 bytes.")]
    average_cpu_percent: Annotated[Figure | None, Meta(description="Two busy processors are 200.")]
    io_operations: Annotated[Count | None, Meta(description="Block reads and writes.")]


class PerformanceMetrics(_Section, frozen=True):
    """How alignment went."""

    alignment_operations: AlignmentOperations
    resource_usage: ResourceUsage

    @property
    def avg_alignment_time(self) -> float:
        """``average_time_seconds`` to be compared: NaN where unknown, which is above no threshold."""
        seconds = self.alignment_operations.average_time_seconds
        return nan if seconds is None else seconds


class GeneratedAlert(_Section, frozen=True):
    """One activation of an alert that fired in the window."""

    alert_id: Annotated[
        str,
        Meta(
            pattern=r"^alert-\d{8}-\d{6}-\d{3,}$",
            description="Date and time of its start, and its place among those of the same second.",
        ),
    ]
    severity: str
    message: Annotated[str, Meta(description="Its summary while it is active, else its name and labels.")]
    timestamp: Annotated[
        Time, Meta(description="Since when its condition holds, which may be before the window.")
    ]
    status: Annotated[
        Literal["sent", "suppressed", "failed", "queued", "unknown"],
        Meta(description="Unknown where nothing proves it: Alertmanager cannot say what was delivered."),
    ]


class MaintenanceSchedule(_Section, frozen=True):
    """What maintenance is due after the window's end."""

    next_cleanup: Time | None
    cleanup_frequency: str | None
    automated_tasks: list[str]


class MonitoringReport(_Section, frozen=True):
    """Health, performance, alerts and maintenance of the alignment of git branches."""

    monitoring_session: MonitoringSession
    health_status: HealthStatus
    performance_metrics: PerformanceMetrics
    alerts_generated: list[GeneratedAlert]
    maintenance_schedule: MaintenanceSchedule


def report_schema() -> dict[str, Any]:
    """The report's JSON Schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(MonitoringReport),
    }
