"""Two hours of a small fleet with a hostile name in each place that takes one, for reports to tell."""

from collections.abc import Sequence

from alignwatch.operation import BUCKETS
from alignwatch.snapshot import BranchState
from support.history import History

END = 1_768_219_200
AT_END = "2026-01-12T12:00:00Z"
HOSTILE = "<script>alert(1)</script>\"'{{7*7}}&"
STEP = 60
SCRAPES = 121
REPOSITORIES = ("app", HOSTILE)
CREATED = END - 86400.25


def reported(created: float = CREATED) -> History:
    """All of it; the hour before the last is quieter than the last."""
    history = History(END, STEP)
    for name, value in (
        ("up", 1.0),
        ("alignment_build_info", 1.0),
        ("alignment_journal_success", 1.0),
        ("alignment_journal_created_timestamp_seconds", created),
        ("alignment_operation_window_seconds", 300.0),
    ):
        _always(history, name, value)
    _machine(history)
    for repository in REPOSITORIES:
        _repository(history, repository)
    _maintenance(history)
    _alerts(history)
    return history


def quoted(text: str) -> str:
    """A label's value as OpenMetrics writes it."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _always(history: History, name: str, value: float, **labels: str) -> None:
    history.scraped(name, [value] * SCRAPES, **{key: quoted(one) for key, one in labels.items()})


def _machine(history: History) -> None:
    _always(history, "alignment_probe_success", 1, probe="host", repository="")
    for state in ("healthy", "degraded", "unhealthy"):
        _always(history, "alignment_host_health", float(state == "healthy"), state=state)
    busy = [0.1] * 60 + [0.5] * 30 + [None] * 10 + [0.9] * 21
    history.scraped("alignment_host_cpu_utilization_ratio", busy)
    _always(history, "alignment_host_memory_total_bytes", 8e9)
    _always(history, "alignment_host_memory_available_bytes", 6e9)
    for name, value in (("size", 100e9), ("free", 40e9), ("avail", 40e9)):
        _always(history, f"alignment_host_filesystem_{name}_bytes", value, mountpoint="/")
    for threshold, limit in (("cpu_ratio", 0.8), ("memory_ratio", 0.85), ("memory_critical_ratio", 0.97)):
        _always(history, "alignment_threshold", limit, threshold=threshold, repository="")


def _repository(history: History, repository: str) -> None:
    name = {"repository": repository}
    _always(history, "alignment_probe_success", 1, probe="repository", **name)
    for state in ("optimal", "degraded", "corrupt", "unreachable"):
        _always(history, "alignment_repository_health", float(state == "optimal"), state=state, **name)
    for state in ("idle", "running", "stuck"):
        _always(history, "alignment_process_health", float(state == "idle"), state=state, **name)
    kind = {**name, "operation": "rebase"}
    _always(history, "alignment_threshold", 30, threshold="alignment_time_seconds", phase="", **kind)
    _branches(history, repository)
    _operations(history, repository)


def _branches(history: History, repository: str) -> None:
    where = {"repository": quoted(repository), "target": "main", "family": "other"}
    counts: dict[str, list[float]] = {state.value: [0.0] * SCRAPES for state in BranchState}
    counts["merged"] = [3.0] * SCRAPES
    counts["conflicting"] = [2.0] * 61 + [5.0] * 60
    counts["clean"] = [6.0] * 61 + [3.0] * 60
    for state, values in counts.items():
        # A quarter of an hour in which nobody could count.
        seen = [None if 81 <= number < 95 else value for number, value in enumerate(values)]
        history.scraped("alignment_branches", seen, state=state, **where)


def _operations(history: History, repository: str) -> None:
    """Four in the first hour, all well; nine in the last, two of them failed and one long."""
    where = {"repository": quoted(repository), "operation": "rebase"}
    for outcome, first, second, seconds in (("success", 4, 7, 2.0), ("failed", 0, 2, 45.0)):
        labels = {**where, "target": quoted(HOSTILE), "outcome": outcome}
        steps = _counter(first, second)
        _histogram(history, "alignment_operation_duration_seconds", steps, seconds, **labels)
    phase = {**where, "phase": "validation"}
    _histogram(history, "alignment_operation_phase_duration_seconds", _counter(4, 9), 1.0, **phase)
    running = [sum(both) for both in zip(_counter(4, 7), _counter(0, 2), strict=True)]
    shown = [0.0] * SCRAPES
    for scrape in range(1, SCRAPES):
        shown[scrape] = running[scrape] - running[max(0, scrape - 5)]
    history.scraped("alignment_operation_window_operations", shown, **where)
    there = [2.0 if number else None for number in shown]
    history.scraped("alignment_operation_window_min_seconds", there, **where)
    longest = [
        None if number is None else 45.0 if scrape > 90 else number for scrape, number in enumerate(there)
    ]
    history.scraped("alignment_operation_window_max_seconds", longest, **where)


def _counter(first: int, second: int) -> list[float]:
    """So many in the first hour and so many in the second, one every few minutes."""
    hour = [first * minute // 60 for minute in range(61)]
    return [float(one) for one in [*hour, *(first + second * minute // 60 for minute in range(1, 61))]]


def _histogram(history: History, name: str, counts: Sequence[float], seconds: float, **labels: str) -> None:
    for bound in (*BUCKETS, float("inf")):
        below = [count if seconds <= bound else 0.0 for count in counts]
        history.scraped(f"{name}_bucket", below, le="+Inf" if bound == float("inf") else str(bound), **labels)
    history.scraped(f"{name}_count", list(counts), **labels)
    history.scraped(f"{name}_sum", [count * seconds for count in counts], **labels)


def _maintenance(history: History) -> None:
    task = {"task": "cache_cleanup"}
    info = {"schedule": quoted(HOSTILE), "frequency": "daily"}
    _always(history, "alignment_maintenance_schedule_info", 1, **task, **info)
    _always(history, "alignment_maintenance_next_run_timestamp_seconds", END + 3600, **task)
    _always(history, "alignment_maintenance_task_last_success_timestamp_seconds", END - 1800, **task)
    _always(history, "alignment_maintenance_task_last_duration_seconds", 12, **task)
    for outcome, runs in (("success", [0.0] * 90 + [1.0] * 31), ("failed", [0.0] * 100 + [1.0] * 21)):
        history.scraped("alignment_maintenance_task_runs_total", runs, outcome=outcome, **task)
    freed = [0.0] * 90 + [3e6] * 31
    history.scraped("alignment_maintenance_task_freed_bytes_total", freed, **task)


def _alerts(history: History) -> None:
    for name, severity, begin, end in (
        ("AlignmentBranchesBehind", "warning", 3000, 1200),
        ("AlignmentRepositoryCorrupt", "critical", 600, 0),
    ):
        labels = {"alertname": name, "severity": severity, "repository": quoted(HOSTILE)}
        times = range(END - begin, END - end + 1, STEP)
        history.at("ALERTS_FOR_STATE", ((at, float(END - begin)) for at in times), **labels)
        history.at("ALERTS", ((at, 1.0) for at in times), alertstate="firing", **labels)
