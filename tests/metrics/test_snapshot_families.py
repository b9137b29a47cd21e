from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.core import Metric as Family

from alignwatch.metrics.snapshot_families import snapshot_families
from alignwatch.settings import BranchSeries, Monitoring, Repository, Settings
from alignwatch.snapshot import (
    Branch,
    BranchState,
    DivergenceReading,
    HostReading,
    Reason,
    RepositoryReading,
    Snapshot,
)
from support.readings import (
    DIVERGENCE,
    FILE_SYSTEMS,
    FORECAST,
    HOST_READING,
    NOW,
    PROCESSES,
    REPOSITORY,
    bad,
    branch,
    good,
    snapshot,
    whole,
)

SETTINGS = Settings(repositories=(Repository(path="/srv/app"),))


def samples(families: Iterable[Family]) -> dict[str, float]:
    """Each sample by its name and label values."""
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def page(seen: Snapshot, settings: Settings = SETTINGS) -> dict[str, float]:
    return samples(snapshot_families(seen, settings))


def names(found: dict[str, float]) -> set[str]:
    return {key.split()[0] for key in found}


def test_what_every_probe_knows_is_there() -> None:
    found = page(whole())
    assert found["alignment_host_cpu_seconds_total idle"] == 880
    assert found["alignment_host_filesystem_avail_bytes /srv"] == 40 << 30
    assert found["alignment_host_pressure_waiting_seconds_total io"] == 2.5
    assert found["alignment_host_health healthy"] == 1
    assert found["alignment_host_health degraded"] == 0
    assert found["alignment_repository_health app optimal"] == 1
    assert found["alignment_process_health app running"] == 1
    assert found["alignment_repository_worktrees app"] == 2
    assert found["alignment_repository_locks app index"] == 1
    assert found["alignment_repository_locks app HEAD"] == 0
    assert found["alignment_repository_oldest_lock_timestamp_seconds app index"] == NOW - 60
    assert found["alignment_repository_operations_in_progress app rebase"] == 1
    assert found["alignment_repository_operations_in_progress app merge"] == 0
    assert found["alignment_repository_fsck_problem app pack"] == 0
    assert found["alignment_processes app rebase"] == 1
    assert found["alignment_process_oldest_start_timestamp_seconds app"] == NOW - 30
    assert found["alignment_branches app main bolt behind"] == 1
    assert found["alignment_branches app main bolt clean"] == 0
    assert found["alignment_branches_ignored app"] == 2
    assert found["alignment_branch_revisions_delta app bolt/a main ahead"] == 3
    assert found["alignment_branch_revisions_delta app bolt/a main behind"] == 7
    assert found["alignment_probe_success divergence app"] == 1
    assert found["alignment_probe_last_success_timestamp_seconds host "] == NOW - 5


def test_the_forecast_parts_the_branches_behind() -> None:
    found = page(snapshot(*whole().runs.values(), good(FORECAST, "app")))
    assert found["alignment_branches app main bolt behind"] == 0
    assert found["alignment_branches app main bolt conflicting"] == 1
    assert found["alignment_branch_conflict_files app bolt/a main"] == 7
    assert 'alignment_branch_conflict_files app fix/"quoted"\\ main' not in found
    states = ("done", "pending", "failed")
    assert [found[f"alignment_forecast_pairs app {state}"] for state in states] == [1, 3, 1]
    assert not any(name.startswith("alignment_forecast") for name in names(page(whole())))


def test_distributions_are_values_of_branches() -> None:
    many = tuple(
        replace(branch(f"b/{number}", BranchState.CONFLICTING, 1, number), conflict_files=files)
        for number, files in enumerate([None, 0, 5, None, 2, 9, 0, 1, 4, 3, 8])
    )
    found = page(snapshot(good(DivergenceReading(many, 0), "app")))
    figures = {
        metric: [
            found[f"alignment_branches_{metric} app main b {share}"] for share in ("median", "p90", "max")
        ]
        for metric in ("revisions_behind", "conflict_files")
    }
    assert figures == {"revisions_behind": [5, 9, 10], "conflict_files": [3, 9, 9]}
    unknown = page(
        snapshot(good(DivergenceReading((branch("b/0", BranchState.UNKNOWN, None, None),), 0), "app"))
    )
    assert "alignment_branches_revisions_behind" not in names(unknown)


def test_a_failed_probe_leaves_nothing_but_its_failure() -> None:
    found = page(
        snapshot(
            bad(HostReading, Reason.TIMEOUT, "slow"),
            bad(RepositoryReading, Reason.MISSING, "gone", "app"),
            bad(DivergenceReading, Reason.MISSING, "gone", "app"),
        )
    )
    assert found["alignment_probe_success host "] == 0
    assert found["alignment_probe_failure_info divergence app missing"] == 1
    assert found["alignment_repository_health app unreachable"] == 1
    assert names(found) == {
        "alignment_probe_success",
        "alignment_probe_duration_seconds",
        "alignment_probe_maximum_age_seconds",
        "alignment_probe_failure_info",
        "alignment_repository_health",
    }


def test_what_is_too_old_disappears_and_its_last_success_stays() -> None:
    old = page(
        snapshot(good(DIVERGENCE, "app", started=NOW - 211), good(REPOSITORY, "app", started=NOW - 209))
    )
    assert not any(name.startswith("alignment_branch") for name in names(old))
    assert "alignment_repository_branches" in names(old)
    assert old["alignment_probe_last_success_timestamp_seconds divergence app"] == NOW - 211


def test_one_broken_repository_hides_no_other() -> None:
    settings = Settings(repositories=(Repository(path="/srv/app"), Repository(path="/srv/gone")))
    runs = [*whole().runs.values(), bad(RepositoryReading, Reason.MISSING, "gone", "gone")]
    found = page(snapshot(*runs), settings)
    assert found["alignment_repository_health app optimal"] == 1
    assert found["alignment_repository_health gone unreachable"] == 1


def test_machine_figures_are_one_switch() -> None:
    off = Settings(repositories=SETTINGS.repositories, monitoring=Monitoring(metrics_collection=False))
    seen = snapshot(good(HOST_READING), good(FILE_SYSTEMS))
    missing = names(page(seen)) - names(page(seen, off))
    assert "alignment_host_cpu_seconds_total" in missing
    assert "alignment_host_health" not in missing
    assert "alignment_host_cpu_utilization_ratio" not in missing


def test_series_of_single_branches_stay_within_their_budget() -> None:
    many = tuple(
        branch(f"b/{number:02}", BranchState.BEHIND, 1, 1, age=60.0 * number) for number in range(30)
    )
    tight = Repository(path="/srv/app", branch_series=BranchSeries(active_days=1, limit=10))
    found = page(snapshot(good(DivergenceReading(many, 0), "app")), Settings(repositories=(tight,)))
    shown = {key.split()[2] for key in found if key.startswith("alignment_branch_revisions_delta")}
    assert shown == {f"b/{number:02}" for number in range(10)}
    assert found["alignment_branches_active app"] == 30
    assert found["alignment_branch_series_cut app"] == 20


def test_a_processes_probe_without_its_repository_places_nothing() -> None:
    assert "alignment_processes" not in names(page(snapshot(good(PROCESSES))))


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(BranchState), st.sampled_from("xy")),
        max_size=60,
    )
)
def test_states_add_up_to_the_branches(kinds: list[tuple[str, BranchState, str]]) -> None:
    branches: tuple[Branch, ...] = tuple(
        replace(branch(f"{family}/{number}", state, 1, 1), target=target)
        for number, (family, state, target) in enumerate(kinds)
    )
    found = page(snapshot(good(DivergenceReading(branches, 0), "app")))
    counts = {key: value for key, value in found.items() if key.startswith("alignment_branches app")}
    assert sum(counts.values()) == len(branches)
    expected = Counter(f"alignment_branches app {target} {family} {state}" for family, state, target in kinds)
    assert {key: value for key, value in counts.items() if value} == expected
