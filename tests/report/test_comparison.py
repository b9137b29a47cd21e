from typing import Any

import pytest
from msgspec import structs

from alignwatch.report.comparison import Better, Judgement, compare, judge, judge_state
from alignwatch.report.schema import HealthStatus
from support.standings import HEALTH, standing

BETTER, WORSE, SAME = Judgement.BETTER, Judgement.WORSE, Judgement.SAME
NONE, UNKNOWN = Judgement.NONE, Judgement.UNKNOWN


@pytest.mark.parametrize(
    ("before", "now", "better", "least", "judgement"),
    [
        (10, 5, Better.LOWER, 1, BETTER),
        (5, 10, Better.LOWER, 1, WORSE),
        (10, 5, Better.HIGHER, 1, WORSE),
        (5, 10, Better.HIGHER, 1, BETTER),
        (5, 10, Better.NEITHER, 1, NONE),
        (7, 7, Better.LOWER, 0, SAME),
        (0, 0, Better.LOWER, 0, SAME),
        (0, 1, Better.LOWER, 1, WORSE),
        (1, 0, Better.LOWER, 1, BETTER),
        # A twentieth of the larger one.
        (100, 104.9, Better.LOWER, 1, SAME),
        (100, 106, Better.LOWER, 1, WORSE),
        # Less than what says anything.
        (1, 1.5, Better.LOWER, 1, SAME),
        (None, 5, Better.LOWER, 1, UNKNOWN),
        (5, None, Better.HIGHER, 1, UNKNOWN),
        (None, None, Better.NEITHER, 1, UNKNOWN),
    ],
)
def test_judged(
    before: float | None, now: float | None, better: Better, least: float, judgement: Judgement
) -> None:
    assert judge(before, now, better, least) is judgement


@pytest.mark.parametrize(
    ("before", "now", "judgement"),
    [
        ("stuck", "idle", BETTER),
        ("idle", "stuck", WORSE),
        ("idle", "running", SAME),
        ("running", "stuck", WORSE),
        ("unknown", "idle", UNKNOWN),
        ("idle", "unknown", UNKNOWN),
    ],
)
def test_states_are_judged_by_their_order(before: str, now: str, judgement: Judgement) -> None:
    assert judge_state(before, now, ("stuck", ("idle", "running"))) is judgement


def utilization(**changes: float | None) -> HealthStatus:
    return structs.replace(
        HEALTH, resource_utilization=structs.replace(HEALTH.resource_utilization, **changes)
    )


@pytest.mark.parametrize(
    ("figure", "change", "judgement"),
    [
        ("System", {"health": structs.replace(HEALTH, system_health="degraded")}, WORSE),
        ("Repositories", {"health": structs.replace(HEALTH, repository_health="corrupt")}, WORSE),
        ("Repositories", {"health": structs.replace(HEALTH, repository_health="unknown")}, UNKNOWN),
        ("Processes", {"health": structs.replace(HEALTH, process_health="running")}, SAME),
        ("Processes", {"health": structs.replace(HEALTH, process_health="stuck")}, WORSE),
        ("CPU in use", {"health": utilization(cpu_percent=70.0)}, WORSE),
        ("CPU in use", {"health": utilization(cpu_percent=None)}, UNKNOWN),
        ("Memory in use", {"health": utilization(memory_mb=1000.0)}, BETTER),
        ("Fullest disk", {"health": utilization(disk_percent=60.0)}, WORSE),
        ("Operations", {"operations": {"total_executed": 300}}, NONE),
        ("Success rate", {"operations": {"success_rate": 0.99}}, BETTER),
        ("Success rate", {"operations": {"success_rate": 0.5}}, WORSE),
        ("Success rate", {"operations": {"success_rate": None}}, UNKNOWN),
        ("Average duration", {"operations": {"average_time_seconds": 5.0}}, BETTER),
        ("Shortest operation", {"operations": {"min_time_seconds": 0.5}}, NONE),
        ("Longest operation", {"operations": {"max_time_seconds": 90.0}}, WORSE),
        ("Failed operations", {"failed": 0}, BETTER),
        ("Failed operations", {"operations": {"total_executed": None}}, UNKNOWN),
        ("Peak memory", {"usage": {"peak_memory_mb": 900.0}}, WORSE),
        ("CPU of operations", {"usage": {"average_cpu_percent": 99.0}}, NONE),
        ("Block reads and writes", {"usage": {"io_operations": 1}}, NONE),
        ("Branches", {"branches": {"merged": 90}}, NONE),
        ("Branches behind", {"branches": {"behind": 30}}, WORSE),
        ("Branches behind", {"branches": None}, UNKNOWN),
        ("Share that would conflict", {"branches": {"clean": 15, "conflicting": 5}}, BETTER),
        # That the forecast has got farther makes nothing worse.
        ("Share that would conflict", {"branches": {"clean": 30, "conflicting": 30}}, SAME),
        ("Share that would conflict", {"branches": {"behind": 20}}, UNKNOWN),
        ("Branches that cannot be judged", {"branches": {"unknown": 9}}, WORSE),
        ("Alerts", {"alerts": 0}, BETTER),
        ("Critical alerts", {"alerts": 3}, WORSE),
        ("Maintenance runs that failed", {"runs": {"failed": 1, "timeout": 1, "postponed": 7}}, WORSE),
        ("Maintenance runs that failed", {"runs": None}, UNKNOWN),
    ],
)
def test_which_direction_is_better(figure: str, change: dict[str, Any], judgement: Judgement) -> None:
    found = {one.name: one for one in compare(standing(), standing(**change))}
    assert found[figure].judgement is judgement


def test_nothing_has_changed() -> None:
    for one in compare(standing(), standing()):
        assert one.judgement in (SAME, NONE)
        assert one.before == one.now
        assert one.change in ("", "±0")


def test_changes_have_signs_and_units() -> None:
    now = standing(operations={"success_rate": 0.8, "average_time_seconds": 75.0}, failed=2)
    found = {one.name: (one.before, one.now, one.change) for one in compare(standing(), now)}
    assert found["Success rate"] == ("90 %", "80 %", "\N{MINUS SIGN}10 points")
    assert found["Average duration"] == ("10 s", "1 min 15 s", "+1 min 5 s")
    assert found["Failed operations"] == ("5", "2", "\N{MINUS SIGN}3")
