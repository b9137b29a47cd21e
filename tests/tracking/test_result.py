import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.errors import UsageError
from alignwatch.operation import RESOLUTION, Kind, Operation, Outcome, Phase
from alignwatch.tracking.result import OUTCOMES, UNFINISHED, read_results

STARTED = datetime(2026, 1, 12, 12, tzinfo=UTC).timestamp()
NOW = STARTED + 86400


def result(**changes: Any) -> dict[str, Any]:
    """What the alignment code reports, as its documentation shows it."""
    run = {
        "operation_id": "align-20260112-120000-001",
        "feature_branch": "feature/auth-system",
        "primary_target": "main",
        "status": "completed",
        "start_time": "2026-01-12T12:00:00Z",
        "end_time": "2026-01-12T12:05:00Z",
        "duration_seconds": 300,
    }
    return {
        "alignment_operation": {name: value for name, value in (run | changes).items() if value is not ...},
        "coordinated_tasks": {"task_013_conflicts": {"status": "completed", "conflicts_detected": 2}},
        "alignment_result": {"success": True, "commits_aligned": 15, "new_ancestor_commit": "a1b2c3d4e5f6"},
        "performance_metrics": {
            "total_time_seconds": 300,
            "breakdown": {
                "safety_checks": 5,
                "backup_creation": 8.5,
                "rebase_operation": 150,
                "conflict_resolution": 120,
                "validation": 15,
                "cleanup": 0,
            },
        },
    }


def read(*results: object) -> list[Operation]:
    return read_results(json.dumps(results).encode(), "app", NOW)


def refusal(data: object) -> str:
    encoded = data if isinstance(data, bytes) else json.dumps(data).encode()
    with pytest.raises(UsageError) as caught:
        read_results(encoded, "app", NOW)
    return str(caught.value)


def test_a_result_becomes_an_operation_whose_waiting_is_no_work() -> None:
    assert read(result()) == [
        Operation(
            operation_id="align-20260112-120000-001",
            repository="app",
            kind=Kind.ALIGN,
            branch="feature/auth-system",
            target="main",
            started=STARTED,
            duration=180.0,
            outcome=Outcome.SUCCESS,
            source="record",
            waiting=120.0,
            phases=(
                Phase("safety_checks", 5.0),
                Phase("backup_creation", 8.5),
                Phase("rebase_operation", 150.0),
                Phase(RESOLUTION, 120.0),
                Phase("validation", 15.0),
            ),
        )
    ]


@pytest.mark.parametrize("indent", [None, 2])
def test_one_object_an_array_and_lines_are_the_same(indent: int | None) -> None:
    one, other = result(), result(operation_id="b")
    both = [*read(one), *read(other)]
    assert read_results(json.dumps([one, other], indent=indent).encode(), "app", NOW) == both
    lines = f"{json.dumps(one)}\n\n  {json.dumps(other)}\r\n"
    assert read_results(lines.encode(), "app", NOW) == both
    assert read_results(b"\xef\xbb\xbf\n" + json.dumps(one, indent=indent).encode(), "app", NOW) == both[:1]


@pytest.mark.parametrize(("status", "outcome"), OUTCOMES.items())
def test_each_status_is_an_outcome(status: str, outcome: Outcome) -> None:
    (operation,) = read(result(status=status))
    assert operation.outcome is outcome
    (operation,) = read({**result(status=status), "alignment_result": None, "performance_metrics": None})
    assert operation.outcome is outcome
    (operation,) = read({**result(status=status), "alignment_result": {"success": False}})
    success = outcome in (Outcome.SUCCESS, Outcome.NOT_NEEDED)
    assert operation.outcome is (Outcome.FAILED if success else outcome)


@pytest.mark.parametrize("status", UNFINISHED)
def test_what_has_not_ended_is_refused(status: str) -> None:
    assert refusal(result(status=status)) == (
        f"alignment_operation.status: {status} is not the end; send the result when there is one"
    )


def test_the_length_is_the_duration_or_else_what_lies_between_the_times() -> None:
    bare: dict[str, Any] = {"performance_metrics": {}}
    (operation,) = read({**result(duration_seconds=12.5), **bare})
    assert operation.duration == 12.5
    (operation,) = read({**result(duration_seconds=...), **bare})
    assert operation.duration == 300
    (operation,) = read({**result(end_time=...), **bare})
    assert operation.duration == 300
    (operation,) = read({**result(start_time="2026-01-12T13:00:00.25+01:00", end_time=None), **bare})
    assert operation.started == STARTED + 0.25


def test_a_time_without_offset_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "XXX-2")
    time.tzset()
    try:
        (operation,) = read(result(start_time="2026-01-12T14:00:00", end_time="2026-01-12T14:05:00"))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert operation.started == STARTED


RUN = "alignment_operation"
BREAKDOWN = "performance_metrics.breakdown"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"operation_id": ...}, f"{RUN}: Object missing required field `operation_id`"),
        ({"operation_id": ""}, f"{RUN}.operation_id: Expected `str` of length >= 1"),
        ({"operation_id": "x" * 201}, f"{RUN}.operation_id: Expected `str` of length <= 200"),
        ({"operation_id": 7}, f"{RUN}.operation_id: Expected `str`, got `int`"),
        ({"feature_branch": None}, f"{RUN}.feature_branch: Expected `str`, got `null`"),
        ({"primary_target": []}, f"{RUN}.primary_target: Expected `str`, got `array`"),
        (
            {"status": "done"},
            f"{RUN}.status: 'done' is none of completed, resolved, no_conflicts, not_needed",
        ),
        ({"status": "\x1b[2J" * 99}, f"{RUN}.status: '\\x1b[2J"),
        ({"start_time": "yesterday"}, f"{RUN}.start_time: Invalid RFC3339 encoded datetime"),
        ({"start_time": 1768219200}, f"{RUN}.start_time: Expected `datetime`, got `int`"),
        ({"start_time": "0001-01-01T00:00:00"}, f"{RUN}.start_time: 0001-01-01T00:00:00 is before 1970"),
        (
            {"start_time": "1969-12-31T23:59:59Z"},
            f"{RUN}.start_time: 1969-12-31T23:59:59+00:00 is before 1970",
        ),
        ({"start_time": "2126-01-12T12:00:00Z", "end_time": None}, f"{RUN}: it lies in the future"),
        ({"duration_seconds": 1e8}, f"{RUN}: it lies in the future"),
        ({"end_time": "2026-01-12T11:59:59Z"}, f"{RUN}.end_time: before its start_time"),
        ({"end_time": None, "duration_seconds": None}, f"{RUN}: neither duration_seconds nor end_time"),
        ({"duration_seconds": -1}, f"{RUN}.duration_seconds: Expected `float` >= 0.0"),
        ({"duration_seconds": 1e300}, f"{RUN}.duration_seconds: Expected `float` <= 1000000000.0"),
        ({"duration_seconds": 10**400}, f"{RUN}.duration_seconds: Number out of range"),
        ({"duration_seconds": "300"}, f"{RUN}.duration_seconds: Expected `float | null`, got `str`"),
        (
            {"duration_seconds": 100},
            f"{BREAKDOWN}.conflict_resolution: longer than the whole operation (100 s)",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_path(changes: dict[str, Any], message: str) -> None:
    found = refusal(result(**changes))
    assert found.startswith(message)
    assert found.isprintable()
    assert refusal([result(), result(**changes)]).startswith(f"[1].{message}")
    lines = f"{json.dumps(result())}\n\n{json.dumps(result(**changes))}"
    assert refusal(lines.encode()).startswith(f"line 3: {message}")


@pytest.mark.parametrize(
    ("breakdown", "message"),
    [
        ({"validation": -1}, f"{BREAKDOWN}.validation: -1 is no number of seconds"),
        ({"validation": 10**400}, f"{BREAKDOWN}.validation: 1000"),
        ({"validation": 2e9}, f"{BREAKDOWN}.validation: 2000000000.0 is no number of seconds"),
        ({"validation": "15"}, f"{BREAKDOWN}.validation: '15' is no number"),
        ({"validation": True}, f"{BREAKDOWN}.validation: True is no number"),
        ({"validation": {"total": 1}}, f"{BREAKDOWN}.validation: {{'total': 1}} is no number"),
        ({"": 1}, f"{BREAKDOWN}: '' is no phase"),
        ({"a\nb": 1}, f"{BREAKDOWN}: 'a\\nb' is no phase"),
        ({f"{number}": 1 for number in range(1001)}, f"{BREAKDOWN}: more than 1000 phases"),
        (7, f"{BREAKDOWN}: Expected `object | null`, got `int`"),
    ],
)
def test_a_breakdown_that_is_wrong_is_refused_with_its_path(breakdown: object, message: str) -> None:
    found = refusal({**result(), "performance_metrics": {"breakdown": breakdown}})
    assert found.startswith(message)
    assert len(found) < 300
    assert found.isprintable()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "there is no result in it"),
        (b"[]", "there is no result in it"),
        (b"null", "Expected `object`, got `null`"),
        (b"{}", "Object missing required field `alignment_operation`"),
        (b"[1]", "[0]: Expected `object`, got `int`"),
        (b"{\n", "Input data was truncated"),
        (b"completed\n", "JSON is malformed: invalid character (byte 0)"),
        (b"\xff\xfe{}", "JSON is malformed: invalid character (byte 0)"),
        (b"[" * 100_000, "[0]: Expected `object`, got `array`"),
        (b'{"alignment_operation": ' * 100_000, "maximum recursion depth exceeded"),
        (b'{"alignment_operation": {"operation_id": "\xff"}}', "'utf-8' codec can't decode byte 0xff"),
        (b'{"alignment_operation": {"operation_id": "\\ud800 xxxxxxxx"}}', "JSON is malformed"),
        (b'{"alignment_operation": {"duration_seconds": NaN}}', "JSON is malformed: invalid character"),
        (b'{}\n{"alignment_operation": 1}', "line 1: Object missing required field"),
    ],
)
def test_what_is_no_result_is_refused(data: bytes, message: str) -> None:
    assert refusal(data).startswith(message)


def test_names_stay_data_and_large_files_are_read() -> None:
    hostile = "'; DROP TABLE totals; --\n\"\u202e\x00"
    (operation,) = read(result(operation_id=hostile, feature_branch=hostile, primary_target=hostile))
    assert (operation.operation_id, operation.branch, operation.target) == (hostile,) * 3
    many = [result(operation_id=f"{number}", notes="x" * 1000) for number in range(8000)]
    assert len(read(*many)) == 8000


def test_phases_that_we_do_not_know_are_phases_too() -> None:
    breakdown = {"quantum_merge": 3, "skipped": None, RESOLUTION: 300.9}
    (operation,) = read({**result(), "performance_metrics": {"breakdown": breakdown}})
    assert operation.phases == (Phase("quantum_merge", 3), Phase(RESOLUTION, 300.9))
    assert (operation.duration, operation.waiting) == (0.0, 300.9)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(["alignment_operation", "alignment_result", "performance_metrics"]),
    st.sampled_from(["start_time", "duration_seconds", "status", "success", "breakdown", "operation_id"]),
    json_values,
)
def test_no_value_makes_it_fail_otherwise(section: str, key: str, value: object) -> None:
    changed = result()
    changed[section][key] = value
    try:
        (operation,) = read(changed)
    except UsageError as error:
        assert str(error).isprintable()
    else:
        assert 0 <= operation.duration <= NOW
        assert 0 <= operation.waiting <= NOW
