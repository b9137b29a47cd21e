from itertools import pairwise
from pathlib import Path

import pytest

from alignwatch.report.performance import performance_metrics
from alignwatch.report.prometheus import Prometheus
from alignwatch.report.schema import PerformanceMetrics
from alignwatch.report.window import Window
from support.history import History
from support.reports import prometheus_holding

END = 1_768_219_200
HOUR = Window(END - 3600, END)
SCRAPES = 241
"""Of an hour, both ends included, at 15 s."""

EXECUTED = "alignment_operation_duration_seconds_count"
DURATION = "alignment_operation_duration_seconds_sum"
CREATED = "alignment_journal_created_timestamp_seconds"
UNVERIFIED = "alignment_operations_unverified_total"
UNVERIFIABLE = "alignment_operations_unverifiable_total"
REBASE = {"repository": "app", "operation": "rebase"}


def labels(outcome: str, **others: str) -> dict[str, str]:
    return {**REBASE, "target": "main", "outcome": outcome, **others}


def steps(*runs: tuple[float | None, int]) -> list[float | None]:
    """Values and for how many scrapes each stands."""
    return [value for value, scrapes in runs for _ in range(scrapes)]


def watched(scrapes: int = SCRAPES, **exporter: str) -> History:
    """An exporter that could read its journal all the time."""
    history = History(END)
    history.exporter = {**history.exporter, **exporter}
    history.scraped("alignment_journal_success", [1] * scrapes)
    return history


def measured(prometheus: Prometheus, window: Window, said: list[str] | None = None) -> PerformanceMetrics:
    """What is found; what is said of it goes unheard unless somebody listens."""
    heard: list[str] = []
    return performance_metrics(prometheus, window, (heard if said is None else said).append)


def test_whole_numbers_over_outcomes_repositories_and_exporters(tmp_path: Path) -> None:
    one, other = watched(), watched(instance="there:9847")
    one.scraped(EXECUTED, steps((500, 21), (501, 50), (560, 170)), **labels("success"))
    one.scraped(DURATION, steps((1000, 21), (1000.7, 50), (1137.3, 170)), **labels("success"))
    one.scraped(EXECUTED, steps((7, 100), (8, 141)), **labels("conflict"))
    one.scraped(DURATION, steps((70, 100), (75.5, 141)), **labels("conflict"))
    one.scraped(EXECUTED, steps((0, 200), (20, 41)), **labels("not_needed", repository="lib"))
    one.scraped(DURATION, steps((0, 200), (2, 41)), **labels("not_needed", repository="lib"))
    other.scraped(EXECUTED, steps((30, 240), (50, 1)), **labels("failed"))
    other.scraped(DURATION, steps((30, 240), (40, 1)), **labels("failed"))
    with prometheus_holding(tmp_path, one, other) as prometheus:
        found = measured(prometheus, HOUR).alignment_operations
    assert found.total_executed == 60 + 1 + 20 + 20
    assert found.average_time_seconds == round((137.3 + 5.5 + 2 + 10) / 101, 6)
    assert found.success_rate == round(80 / 101, 6)


def test_a_success_that_git_does_not_confirm_is_none(tmp_path: Path) -> None:
    one, other = watched(), watched(instance="there:9847")
    one.scraped(EXECUTED, steps((10, 50), (18, 191)), **labels("success"))
    one.scraped(EXECUTED, steps((10, 50), (12, 191)), **labels("not_needed"))
    one.scraped(EXECUTED, steps((10, 50), (20, 191)), **labels("conflict"))
    for reason, values in {
        "not_contained": steps((7, 60), (9, 181)),
        "conflict_markers": steps((5, 60), (0, 20), (1, 161)),
        "in_progress": steps((4, 241)),
    }.items():
        one.scraped(UNVERIFIED, values, **REBASE, target="main", reason=reason)
    other.scraped(UNVERIFIED, steps((None, 100), (2, 141)), **REBASE, target="other", reason="missing")
    one.scraped(UNVERIFIABLE, steps((0, 60), (5, 181)), **REBASE, target="main")
    with prometheus_holding(tmp_path, one, other) as prometheus:
        found = measured(prometheus, HOUR).alignment_operations
    assert (found.total_executed, found.success_rate) == (20, (8 + 2 - 2 - 1 - 2) / 20)


def test_no_more_is_taken_away_than_there_is(tmp_path: Path) -> None:
    history = watched()
    history.scraped(EXECUTED, steps((10, 50), (11, 191)), **labels("success"))
    refused = steps((0, 1), (3, 240))
    history.scraped(UNVERIFIED, refused, **REBASE, target="main", reason="not_contained")
    with prometheus_holding(tmp_path, history) as prometheus:
        assert measured(prometheus, HOUR).alignment_operations.success_rate == 0


def test_resets_restarts_and_gaps(tmp_path: Path) -> None:
    history = watched()
    # The journal was lost (10 -> 0 -> 3), then the exporter was down for a quarter of an hour (3 -> 9).
    history.scraped(
        EXECUTED, steps((8, 20), (10, 20), (0, 10), (3, 60), (None, 60), (9, 71)), **labels("success")
    )
    with prometheus_holding(tmp_path, history) as prometheus:
        assert measured(prometheus, HOUR).alignment_operations.total_executed == 2 + 3 + 6


def test_names_stay_data(tmp_path: Path) -> None:
    history = watched()
    name = r"""a"b\\c{{7*7}}' or vector(1) #é"""
    history.scraped(EXECUTED, steps((5, 100), (2, 141)), **labels("success", target=name.replace('"', r"\"")))
    history.scraped(EXECUTED, steps((5, 100), (7, 141)), **labels("success", target="main"))
    with prometheus_holding(tmp_path, history) as prometheus:
        assert measured(prometheus, HOUR).alignment_operations.total_executed == 2 + 2


def test_a_counter_that_ended_has_grown_until_then(tmp_path: Path) -> None:
    history = watched()
    history.scraped(EXECUTED, steps((5, 100), (7, 20), (None, 121)), **labels("success"))
    with prometheus_holding(tmp_path, history) as prometheus:
        assert measured(prometheus, HOUR).alignment_operations.total_executed == 2


def test_adjacent_windows_add_up(tmp_path: Path) -> None:
    history = watched()
    history.scraped(EXECUTED, [number // 7 for number in range(SCRAPES)], **labels("success"))
    cuts = [END - 3600, END - 3593, END - 1800, END - 15, END]
    with prometheus_holding(tmp_path, history) as prometheus:
        totals = [
            measured(prometheus, Window(start, end)).alignment_operations.total_executed
            for start, end in [*pairwise(cuts), (cuts[0], cuts[-1])]
        ]
    assert totals[-1] == 240 // 7
    assert sum(filter(None, totals[:-1])) == totals[-1]


def test_an_exporter_that_was_off_goes_on_where_it_was(tmp_path: Path) -> None:
    history = watched(10)
    history.at(EXECUTED, [(END - 3 * 86400, 40)], **labels("success"))
    history.scraped(EXECUTED, steps((42, 10)), **labels("success"))
    with prometheus_holding(tmp_path, history) as prometheus:
        assert measured(prometheus, HOUR).alignment_operations.total_executed == 2


def test_a_journal_lost_while_the_exporter_was_off(tmp_path: Path) -> None:
    history = watched(10)
    history.at(EXECUTED, [(END - 86400, 40)], **labels("success"))
    history.scraped(EXECUTED, steps((0, 10)), **labels("success"))
    history.at(EXECUTED, [(END - 86400, 40)], **labels("failed"))
    history.scraped(EXECUTED, steps((3, 10)), **labels("failed"))
    with prometheus_holding(tmp_path, history) as prometheus:
        assert measured(prometheus, HOUR).alignment_operations.total_executed == 3


def test_a_new_journal_may_get_farther_than_the_old_one_before_it_is_seen(tmp_path: Path) -> None:
    history = watched()
    history.scraped(CREATED, steps((1.5, 100), (None, 20), (2.5, 121)))
    history.scraped(EXECUTED, steps((3, 50), (4, 50), (None, 20), (6, 60), (7, 61)), **labels("success"))
    history.scraped(EXECUTED, steps((2, 100), (None, 20), (2, 121)), **labels("failed"))
    with prometheus_holding(tmp_path, history) as prometheus:
        assert measured(prometheus, HOUR).alignment_operations.total_executed == 1 + 6 + 1 + 2


def test_a_new_journal_while_the_exporter_was_off(tmp_path: Path) -> None:
    history = watched(10)
    history.at(CREATED, [(END - 86400, 1.5)])
    history.scraped(CREATED, [2.5] * 10)
    history.at(EXECUTED, [(END - 86400, 40)], **labels("success"))
    history.scraped(EXECUTED, steps((41, 10)), **labels("success"))
    with prometheus_holding(tmp_path, history) as prometheus:
        assert measured(prometheus, HOUR).alignment_operations.total_executed == 41


def test_a_series_born_later_has_grown_from_zero(tmp_path: Path) -> None:
    history = watched()
    history.scraped(EXECUTED, steps((None, 200), (1, 20), (4, 21)), **labels("timeout"))
    with prometheus_holding(tmp_path, history) as prometheus:
        found = measured(prometheus, HOUR).alignment_operations
    assert (found.total_executed, found.success_rate) == (4, 0)


def test_a_new_exporter_counts_from_its_first_scrape(tmp_path: Path) -> None:
    history = watched(100)
    history.scraped(EXECUTED, steps((500, 60), (502, 40)), **labels("success"))
    history.scraped(EXECUTED, steps((None, 50), (3, 50)), **labels("failed"))
    with prometheus_holding(tmp_path, history) as prometheus:
        assert measured(prometheus, HOUR).alignment_operations.total_executed == 2 + 3


def test_a_journal_that_could_not_be_read_at_first_has_not_grown_from_zero(tmp_path: Path) -> None:
    history = History(END)
    history.scraped("alignment_journal_success", steps((0, 100), (1, 141)))
    history.scraped(EXECUTED, steps((None, 100), (500, 100), (501, 41)), **labels("success"))
    with prometheus_holding(tmp_path, history) as prometheus:
        assert measured(prometheus, HOUR).alignment_operations.total_executed == 1


def test_extremes_are_exact_and_only_of_the_window(tmp_path: Path) -> None:
    # The sliding window is 300 s = 20 scrapes; the operation of 99 s ended before the report's window.
    history = watched()
    history.scraped("alignment_operation_window_seconds", [300] * SCRAPES)
    history.scraped(EXECUTED, steps((1, 60), (2, 20), (3, 161)), **labels("success"))
    history.scraped(DURATION, steps((99, 60), (99.8, 20), (108.5, 161)), **labels("success"))
    for which, values in {"min": (99, 0.8, 0.8), "max": (99, 0.8, 8.7)}.items():
        history.scraped(
            f"alignment_operation_window_{which}_seconds",
            steps((None, 20), (values[0], 19), (None, 21), (values[1], 20), (values[2], 20), (None, 141)),
            **REBASE,
        )
    history.scraped(
        "alignment_operation_window_operations",
        steps((0, 20), (1, 19), (0, 21), (1, 40), (0, 141)),
        **REBASE,
    )
    history.scraped(
        "alignment_operation_window_peak_memory_bytes",
        steps((9e9, 39), (None, 21), (320_400_000, 40), (None, 141)),
        **REBASE,
    )
    with prometheus_holding(tmp_path, history) as prometheus:
        found = measured(prometheus, Window(END - 3600 + 19 * 15, END))
        short = measured(prometheus, Window(END - 3600 + 58 * 15, END - 3600 + 62 * 15))
        none = measured(prometheus, Window(END - 600, END))
    operations = found.alignment_operations
    assert (operations.min_time_seconds, operations.max_time_seconds) == (0.8, 8.7)
    assert found.resource_usage.peak_memory_mb == 320.4
    assert short.alignment_operations.max_time_seconds == 0.8
    assert none.alignment_operations.total_executed == 0
    assert (
        none.alignment_operations.min_time_seconds is none.alignment_operations.average_time_seconds is None
    )
    assert none.resource_usage.peak_memory_mb is None
    assert none.resource_usage.io_operations == 0


def test_resources(tmp_path: Path) -> None:
    history = watched()
    history.scraped(EXECUTED, steps((0, 100), (3, 141)), **labels("success"))
    history.scraped("alignment_operation_cpu_seconds_total", steps((10, 100), (10.82, 141)), **REBASE)
    history.scraped("alignment_operation_measured_seconds_total", steps((50, 100), (60, 141)), **REBASE)
    history.scraped("alignment_operation_io_operations_total", steps((5, 100), (1255, 141)), **REBASE)
    with prometheus_holding(tmp_path, history) as prometheus:
        found = measured(prometheus, HOUR).resource_usage
    assert (found.average_cpu_percent, found.io_operations) == (8.2, 1250)


def test_resources_that_nobody_measured_are_unknown(tmp_path: Path) -> None:
    history = watched()
    history.scraped(EXECUTED, steps((0, 100), (3, 141)), **labels("success"))
    with prometheus_holding(tmp_path, history) as prometheus:
        found = measured(prometheus, HOUR).resource_usage
    assert found.average_cpu_percent is found.io_operations is found.peak_memory_mb is None


@pytest.mark.parametrize(("read", "total"), [(1, 0), (0, None)])
def test_no_operation_is_zero_only_where_a_journal_was_read(
    tmp_path: Path, read: int, total: int | None
) -> None:
    history = History(END)
    history.scraped("alignment_journal_success", [read] * SCRAPES)
    with prometheus_holding(tmp_path, history) as prometheus:
        found = measured(prometheus, HOUR)
    assert found.alignment_operations.total_executed == total
    assert found.resource_usage.io_operations == total
    assert found.alignment_operations.success_rate is None
