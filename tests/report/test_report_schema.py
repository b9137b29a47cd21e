import json

import jsonschema
import pytest

from alignwatch.assets import asset
from alignwatch.report.schema import report_schema

SPECIFICATION = json.loads("""
{
  "monitoring_session": {
    "session_id": "monitor-20260112-120000-001",
    "start_time": "2026-01-12T12:00:00Z",
    "end_time": "2026-01-12T12:00:05Z",
    "duration_seconds": 5
  },
  "health_status": {
    "system_health": "healthy",
    "repository_health": "optimal",
    "process_health": "running",
    "resource_utilization": {"cpu_percent": 12.5, "memory_mb": 245.6, "disk_percent": 65.2}
  },
  "performance_metrics": {
    "alignment_operations": {
      "total_executed": 42,
      "average_time_seconds": 2.3,
      "min_time_seconds": 0.8,
      "max_time_seconds": 8.7,
      "success_rate": 0.98
    },
    "resource_usage": {"peak_memory_mb": 320.4, "average_cpu_percent": 8.2, "io_operations": 1250}
  },
  "alerts_generated": [
    {
      "alert_id": "alert-20260112-120000-001",
      "severity": "warning",
      "message": "Alignment operation took longer than threshold",
      "timestamp": "2026-01-12T12:00:03Z",
      "status": "sent"
    }
  ],
  "maintenance_schedule": {
    "next_cleanup": "2026-01-13T02:00:00Z",
    "cleanup_frequency": "daily",
    "automated_tasks": ["log_rotation", "cache_cleanup", "backup_verification"]
  }
}
""")


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())


def test_the_shipped_schema_is_the_generated_one() -> None:
    shipped = asset("config", "monitoring-report.schema.json")
    assert json.loads(shipped.read_bytes()) == report_schema(), "run: make docs"


def test_the_specification_s_example_is_valid() -> None:
    jsonschema.validate(SPECIFICATION, report_schema())


@pytest.mark.parametrize("section", [(), *((key,) for key in SPECIFICATION if key != "alerts_generated")])
def test_nothing_may_be_added_or_left_out(section: tuple[str, ...]) -> None:
    for change in ({"more": 1}, None):
        report = json.loads(json.dumps(SPECIFICATION))
        part = report
        for key in section:
            part = part[key]
        if change is None:
            part.popitem()
        else:
            part.update(change)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(report, report_schema())
