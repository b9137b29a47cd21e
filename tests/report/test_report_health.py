from pathlib import Path

import pytest

from alignwatch.report.health import health_status
from alignwatch.report.prometheus import MAXIMUM_AGE
from alignwatch.snapshot import HostHealth, ProcessHealth, RepositoryHealth
from support.history import History
from support.reports import prometheus_holding

END = 1_768_219_200
STATES = {
    "alignment_host_health": HostHealth,
    "alignment_repository_health": RepositoryHealth,
    "alignment_process_health": ProcessHealth,
}


def exporter(end: float = END, **scraped_as: str) -> History:
    history = History(end)
    history.exporter = {**history.exporter, **scraped_as}
    history.scraped("up", [1] * 5)
    history.scraped("alignment_probe_success", [1] * 5, probe="host", repository="")
    return history


def says(history: History, metric: str, state: str, **labels: str) -> None:
    for one in STATES[metric]:
        history.scraped(metric, [float(one == state)] * 5, state=one.value, **labels)


def repository(history: History, name: str, health: str | None, activity: str | None) -> None:
    history.scraped(
        "alignment_probe_success", [float(health is not None)] * 5, probe="repository", repository=name
    )
    if health is not None:
        says(history, "alignment_repository_health", health, repository=name)
    if activity is not None:
        says(history, "alignment_process_health", activity, repository=name)


def test_all_is_well(tmp_path: Path) -> None:
    history = exporter()
    says(history, "alignment_host_health", "healthy")
    repository(history, "app", "optimal", "idle")
    repository(history, "lib", "optimal", "running")
    history.scraped("alignment_host_cpu_utilization_ratio", [0.125] * 5)
    history.scraped("alignment_host_memory_total_bytes", [1_000_000_000] * 5)
    history.scraped("alignment_host_memory_available_bytes", [754_400_000] * 5)
    for mountpoint, free, available in (("/", 50, 50), ("/srv", 400, 323)):
        history.scraped("alignment_host_filesystem_size_bytes", [1006] * 5, mountpoint=mountpoint)
        history.scraped("alignment_host_filesystem_free_bytes", [float(free)] * 5, mountpoint=mountpoint)
        history.scraped(
            "alignment_host_filesystem_avail_bytes", [float(available)] * 5, mountpoint=mountpoint
        )
    with prometheus_holding(tmp_path, history) as prometheus:
        found = health_status(prometheus, END, 0)
    assert (found.system_health, found.repository_health, found.process_health) == (
        "healthy",
        "optimal",
        "running",
    )
    use = found.resource_utilization
    assert (use.cpu_percent, use.memory_mb, use.disk_percent) == (12.5, 245.6, round(100 * 956 / 1006, 6))


@pytest.mark.parametrize(
    ("one", "other", "worst"),
    [
        ("optimal", "degraded", "degraded"),
        ("degraded", "unreachable", "unreachable"),
        ("unreachable", "corrupt", "corrupt"),
        ("optimal", None, "unknown"),
        (None, "degraded", "degraded"),
        ("optimal", "optimal", "optimal"),
    ],
)
def test_one_repository_hides_no_other(
    tmp_path: Path, one: str | None, other: str | None, worst: str
) -> None:
    history = exporter()
    repository(history, "app", one, "idle")
    repository(history, "lib", other, "stuck")
    with prometheus_holding(tmp_path, history) as prometheus:
        found = health_status(prometheus, END, 0)
    assert (found.repository_health, found.process_health) == (worst, "stuck")


def test_of_two_machines_the_worse(tmp_path: Path) -> None:
    here, there = exporter(), exporter(instance="there:9847")
    says(here, "alignment_host_health", "healthy")
    says(there, "alignment_host_health", "degraded")
    with prometheus_holding(tmp_path, here, there) as prometheus:
        assert health_status(prometheus, END, 0).system_health == "degraded"


def test_a_machine_that_only_fails_to_answer_is_unknown_and_hides_nothing(tmp_path: Path) -> None:
    here, there = exporter(), exporter(instance="there:9847")
    says(here, "alignment_host_health", "healthy")
    with prometheus_holding(tmp_path, here, there) as prometheus:
        assert health_status(prometheus, END, 0).system_health == "unknown"


def test_a_dead_exporter_among_living_ones(tmp_path: Path) -> None:
    history = exporter()
    says(history, "alignment_host_health", "healthy")
    repository(history, "app", "degraded", "idle")
    with prometheus_holding(tmp_path, history) as prometheus:
        found = health_status(prometheus, END, 1)
    assert (found.system_health, found.repository_health, found.process_health) == (
        "unknown",
        "degraded",
        "unknown",
    )


@pytest.mark.parametrize("silent_for", [MAXIMUM_AGE + 1, 0])
def test_the_last_word_of_a_dead_exporter_is_not_news(tmp_path: Path, silent_for: int) -> None:
    history = exporter(END - silent_for)
    says(history, "alignment_host_health", "healthy")
    repository(history, "app", "optimal", "idle")
    history.scraped("alignment_host_cpu_utilization_ratio", [0.5] * 5)
    if not silent_for:
        history.lines = [line for line in history.lines if not line.startswith("up")]
        history.at("up", [(END - 15, 1), (END, 0)])
    with prometheus_holding(tmp_path, history) as prometheus:
        found = health_status(prometheus, END, 0)
    assert {found.system_health, found.repository_health, found.process_health} == {"unknown"}
    assert found.resource_utilization.cpu_percent is None


def test_a_state_of_a_newer_exporter_is_unknown(tmp_path: Path) -> None:
    history = exporter()
    history.scraped("alignment_host_health", [1] * 5, state="splendid")
    with prometheus_holding(tmp_path, history) as prometheus:
        assert health_status(prometheus, END, 0).system_health == "unknown"


def test_what_is_no_number_is_unknown(tmp_path: Path) -> None:
    history = exporter()
    history.scraped("alignment_host_cpu_utilization_ratio", [float("nan")] * 5)
    history.scraped("alignment_host_memory_total_bytes", [float("inf")] * 5)
    history.scraped("alignment_host_memory_available_bytes", [1] * 5)
    for name in ("size", "free", "avail"):
        history.scraped(f"alignment_host_filesystem_{name}_bytes", [0] * 5, mountpoint="/proc")
    with prometheus_holding(tmp_path, history) as prometheus:
        use = health_status(prometheus, END, 0).resource_utilization
    assert use.cpu_percent is use.memory_mb is use.disk_percent is None
