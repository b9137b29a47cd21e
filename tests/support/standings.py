"""How things stood in a window, as a report knows it."""

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from alignwatch.report.branch_states import RepositoryBranches
from alignwatch.report.courses import OperationCourse
from alignwatch.report.kinds import Kind, Spread
from alignwatch.report.moments import Timeline
from alignwatch.report.review import Review, Standing
from alignwatch.report.schema import (
    AlignmentOperations,
    GeneratedAlert,
    HealthStatus,
    MaintenanceSchedule,
    MonitoringReport,
    MonitoringSession,
    PerformanceMetrics,
    ResourceUsage,
    ResourceUtilization,
)
from alignwatch.report.thresholds import Thresholds
from alignwatch.report.upkeep import TaskReport
from alignwatch.report.window import Window

NOTHING = Timeline((), {})
HEALTH = HealthStatus(
    system_health="healthy",
    repository_health="optimal",
    process_health="idle",
    resource_utilization=ResourceUtilization(cpu_percent=50.0, memory_mb=2000.0, disk_percent=50.0),
)
OPERATIONS = AlignmentOperations(
    total_executed=100,
    average_time_seconds=10.0,
    min_time_seconds=1.0,
    max_time_seconds=60.0,
    success_rate=0.9,
)
USAGE = ResourceUsage(peak_memory_mb=500.0, average_cpu_percent=50.0, io_operations=1000)
ALERT = GeneratedAlert(
    alert_id="alert-20260112-120000-001",
    severity="critical",
    message="m",
    timestamp="2026-01-12T12:00:00Z",
    status="sent",
)


def standing(
    *,
    health: HealthStatus = HEALTH,
    operations: Mapping[str, Any] | None = None,
    usage: Mapping[str, Any] | None = None,
    alerts: int = 1,
    branches: Mapping[str, int] | None = {"clean": 10, "conflicting": 10, "unknown": 1},
    failed: int = 5,
    runs: Mapping[str, int] | None = {"success": 3},
) -> Standing:
    """One in which all is rather well, but for what is said."""
    report = MonitoringReport(
        monitoring_session=MonitoringSession(
            session_id="monitor-20260112-120000-001",
            start_time="2026-01-12T12:00:00Z",
            end_time="2026-01-12T12:00:00Z",
            duration_seconds=0.0,
        ),
        health_status=health,
        performance_metrics=PerformanceMetrics(
            alignment_operations=structs.replace(OPERATIONS, **operations or {}),
            resource_usage=structs.replace(USAGE, **usage or {}),
        ),
        alerts_generated=[ALERT] * alerts,
        maintenance_schedule=MaintenanceSchedule(None, None, []),
    )
    nothing = Spread(0, None, None, None)
    task = TaskReport("t", "e", None, None, None, None, None, None, runs, 0.0)
    return Standing(
        window=Window(0, 1),
        report=report,
        stories=[],
        branches=[RepositoryBranches("app", branches, None, NOTHING)],
        kinds=[Kind("app", "rebase", {"success": 9, "failed": failed}, nothing, None, None)],
        phases=[],
        tasks=[task],
        operations=OperationCourse(60, NOTHING, {}),
    )


def review(now: Standing, **changes: Any) -> Review:
    """Of this window alone."""
    known: dict[str, Any] = {
        "compared": False,
        "before": None,
        "machines": NOTHING,
        "singles": "nobody looked",
        "limits": Thresholds(()),
        "rules_seen": True,
        "missing": (),
    }
    return Review(now=now, **{**known, **changes})
