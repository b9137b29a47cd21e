from alignwatch.metrics.trace_families import trace_families
from alignwatch.tracking.trace.listener import TraceReading


def values(reading: TraceReading | None, now: float = 1000.0) -> dict[str, float]:
    return {sample.name: sample.value for family in trace_families(reading, now) for sample in family.samples}


def test_how_listening_goes() -> None:
    reading = TraceReading(looked=999.0, ok=True, backlog=3, recorded=5, overflowed=None)
    expected = {
        "alignment_trace_success": 1,
        "alignment_trace_backlog_files": 3,
        "alignment_trace_operations_recorded_total": 5,
    }
    assert values(reading) == expected
    assert values(reading._replace(overflowed=7.0)) == expected | {
        "alignment_trace_last_overflow_timestamp_seconds": 7
    }
    assert values(reading._replace(ok=False)) == expected | {"alignment_trace_success": 0}


def test_a_look_that_never_ends_is_no_success() -> None:
    reading = TraceReading(looked=900.0, ok=True, backlog=0, recorded=0, overflowed=None)
    assert values(reading)["alignment_trace_success"] == 0


def test_nothing_is_said_where_nobody_listens() -> None:
    assert values(None) == {}
