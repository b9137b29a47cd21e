import math
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_plain
from prometheus_client.registry import Collector

from alignwatch.journal.reading import JournalReading, OperationTotal, UnverifiedTotal
from alignwatch.journal.running import Running
from alignwatch.journal.store import Journal
from alignwatch.metrics.catalogue import CATALOGUE
from alignwatch.metrics.journal_families import journal_families
from alignwatch.operation import BUCKETS, PHASES, Kind, Outcome, Phase
from alignwatch.settings import Repository
from alignwatch.tracking.trend import Trend
from alignwatch.tracking.verification import REASONS
from support.journals import NOW, operation
from support.servers import program

APP = Repository(path="/srv/app", primaries=("main", "scientific"))
LIB = Repository(path="/srv/lib")
EMPTY = JournalReading((), (), (), 0)
DURATION = "alignment_operation_duration_seconds"
PHASE = "alignment_operation_phase_duration_seconds"

Samples = dict[tuple[str, tuple[str, ...]], float]


class Registry(Collector):
    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Family]:
        yield from self._families


def values(families: list[Family]) -> Samples:
    """Value by name and label values; no two samples may be the same series."""
    samples = [sample for family in families for sample in family.samples]
    found = {(sample.name, tuple(sample.labels.values())): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found


def series(families: Iterable[Family]) -> set[tuple[str, frozenset[tuple[str, str]], float]]:
    """Samples without the order of their labels, which formats may change."""
    return {
        (sample.name, frozenset(sample.labels.items()), float(sample.value))
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def reading(tmp_path: Path) -> JournalReading:
    """Four rebases of app, two onto what is no primary, a pull, a run of alignment code, a stranger's."""
    with Journal(tmp_path / "journal") as journal:
        journal.record(operation("a", duration=0.05))
        journal.record(operation("b", duration=40.0, outcome=Outcome.CONFLICT, resources=None))
        journal.record(operation("c", target="release", duration=3.0))
        journal.record(operation("d", target="", duration=5.0))
        journal.record(operation("e", kind=Kind.PULL, duration=1.0, started=NOW - 5000))
        journal.record(operation("f", repository="stranger"))
        phases = (Phase("validation", 40.0), Phase("conflict_resolution", 0.4), Phase("lint", 7.0))
        journal.record(operation("g", kind=Kind.ALIGN, waiting=900.0, phases=phases))
        journal.begin(Running("h", "app", "merge", "x", "main", NOW - 60, "track", None))
        journal.begin(Running("i", "app", "merge", "y", "main", NOW - 90, "track", None))
        return journal.read(300, NOW)


def test_a_journal_that_cannot_be_read_says_only_that() -> None:
    assert values(journal_families(None, [APP], 300, {})) == {("alignment_journal_success", ()): 0}


def test_a_new_journal_has_every_known_counter_at_zero() -> None:
    found = values(journal_families(EMPTY, [APP, LIB], 300, {}))
    counts = {labels for name, labels in found if name == f"{DURATION}_count"}
    assert counts == {
        (repository.label, kind.value, target, outcome.value)
        for repository in (APP, LIB)
        for kind in Kind
        for target in repository.primaries
        for outcome in Outcome
    }
    phases = {labels for name, labels in found if name == f"{PHASE}_count"}
    assert phases == {(label, "align", phase) for label in ("app", "lib") for phase in PHASES}
    for kind in Kind:
        for name in ("cpu_seconds", "measured_seconds", "io_operations", "waiting_seconds"):
            assert (f"alignment_operation_{name}_total", ("lib", kind.value)) in found
        assert ("alignment_operations_in_flight", ("lib", kind.value)) in found
    meta = {"alignment_journal_success": 1, "alignment_operation_window_seconds": 300}
    assert {value for (name, _), value in found.items() if name not in meta} == {0}
    assert {name: found[name, ()] for name in meta} == meta
    absent = ("window_m", "last_success", "oldest", "trend")
    assert not [name for name, _ in found if any(one in name for one in absent)]


def test_durations_are_a_cumulative_histogram(reading: JournalReading) -> None:
    found = values(journal_families(reading, [APP], 300, {}))
    conflict = ("app", "rebase", "main", "conflict")
    bounds = [*map(str, BUCKETS), "+Inf"]
    buckets = [found[f"{DURATION}_bucket", (*conflict, bound)] for bound in bounds]
    assert buckets == [0] * bounds.index("60.0") + [1] * (len(bounds) - bounds.index("60.0"))
    assert (found[f"{DURATION}_count", conflict], found[f"{DURATION}_sum", conflict]) == (1, 40.0)
    assert found[f"{DURATION}_bucket", ("app", "rebase", "main", "success", "0.1")] == 1


def test_targets_that_are_no_primaries_share_one_label(reading: JournalReading) -> None:
    found = values(journal_families(reading, [APP], 300, {}))
    assert found[f"{DURATION}_count", ("app", "rebase", "other", "success")] == 2
    assert found[f"{DURATION}_sum", ("app", "rebase", "other", "success")] == 8.0
    assert found[f"{DURATION}_count", ("app", "rebase", "other", "conflict")] == 0
    assert (f"{DURATION}_count", ("app", "pull", "other", "success")) not in found
    targets = {labels[2] for name, labels in found if name == f"{DURATION}_count"}
    assert targets == {"main", "scientific", "other"}


def test_a_primary_may_have_the_name_of_the_others() -> None:
    repository = Repository(path="/srv/app", primaries=("other",))
    total = OperationTotal("app", "merge", "other", "success", 1, 1.0, NOW, {1.0: 1})
    found = values(journal_families(EMPTY._replace(totals=(total,)), [repository], 300, {}))
    assert found[f"{DURATION}_count", ("app", "merge", "other", "success")] == 1


def test_operations_of_repositories_that_are_not_configured_are_not_shown(reading: JournalReading) -> None:
    assert b"stranger" not in generate_latest(Registry(journal_families(reading, [APP, LIB], 300, {})))


def test_what_git_does_not_confirm_is_counted_and_what_it_cannot_tell_is_counted_apart() -> None:
    totals = (
        UnverifiedTotal("app", "rebase", "main", "not_contained", 2),
        UnverifiedTotal("app", "rebase", "release", "unchanged", 3),
        UnverifiedTotal("app", "rebase", "", "unchanged", 4),
        UnverifiedTotal("app", "rebase", "main", "unknown", 5),
        UnverifiedTotal("stranger", "rebase", "main", "not_contained", 6),
    )
    found = values(journal_families(EMPTY._replace(unverified=totals), [APP], 300, {}))
    refused, untold = "alignment_operations_unverified_total", "alignment_operations_unverifiable_total"
    assert {labels: value for (name, labels), value in found.items() if name == refused and value} == {
        ("app", "rebase", "main", "not_contained"): 2,
        ("app", "rebase", "other", "unchanged"): 7,
    }
    assert {labels: value for (name, labels), value in found.items() if name == untold and value} == {
        ("app", "rebase", "main"): 5
    }
    assert {labels for name, labels in found if name == refused} == {
        ("app", kind.value, target, reason)
        for kind in Kind
        for target in ("main", "scientific", "other")
        for reason in REASONS
    }


def test_resources_extremes_and_last_success(reading: JournalReading) -> None:
    found = values(journal_families(reading, [APP, LIB], 300, {}))
    rebase, pull = ("app", "rebase"), ("app", "pull")
    prefix = "alignment_operation_"
    assert found[f"{prefix}cpu_seconds_total", rebase] == 1.5
    assert found[f"{prefix}measured_seconds_total", rebase] == 8.05
    assert found[f"{prefix}io_operations_total", rebase] == 24
    assert found[f"{prefix}window_min_seconds", rebase] == 0.05
    assert found[f"{prefix}window_max_seconds", rebase] == 40.0
    assert found[f"{prefix}window_peak_memory_bytes", rebase] == 1000
    assert (f"{prefix}window_max_seconds", pull) not in found
    assert found[f"{prefix}last_success_timestamp_seconds", rebase] == NOW + 3.0
    assert found[f"{prefix}last_success_timestamp_seconds", pull] == NOW - 4999
    assert (f"{prefix}last_success_timestamp_seconds", ("lib", "rebase")) not in found
    assert found[f"{prefix}waiting_seconds_total", ("app", "align")] == 900
    assert found["alignment_journal_operations", ()] == 7


def test_phases_are_a_histogram_of_their_own(reading: JournalReading) -> None:
    found = values(journal_families(reading, [APP, LIB], 300, {}))
    validation = ("app", "align", "validation")
    assert (found[f"{PHASE}_count", validation], found[f"{PHASE}_sum", validation]) == (1, 40.0)
    shown = [found[f"{PHASE}_bucket", (*validation, bound)] for bound in ("30.0", "60.0", "+Inf")]
    assert shown == [0, 1, 1]
    assert found[f"{PHASE}_count", ("app", "align", "lint")] == 1
    assert found[f"{PHASE}_count", ("app", "align", "cleanup")] == 0
    assert (f"{PHASE}_count", ("lib", "align", "lint")) not in found


def test_operations_in_flight_and_the_start_of_the_oldest(reading: JournalReading) -> None:
    found = values(journal_families(reading, [APP, LIB], 300, {}))
    oldest = "alignment_operation_oldest_in_flight_start_timestamp_seconds"
    assert found["alignment_operations_in_flight", ("app", "merge")] == 2
    assert found[oldest, ("app", "merge")] == NOW - 90
    assert found["alignment_operations_in_flight", ("app", "rebase")] == 0
    assert (oldest, ("app", "rebase")) not in found
    assert found["alignment_operations_in_flight", ("lib", "merge")] == 0


def test_trends_are_those_of_configured_repositories_as_far_as_they_are_known() -> None:
    trends = {
        ("app", "rebase"): Trend(60, 0.04, 0.001),
        ("app", "merge"): Trend(5, None, None),
        ("stranger", "rebase"): Trend(60, 0.04, 0.001),
    }
    found = values(journal_families(EMPTY, [APP], 300, trends))
    assert {key: value for key, value in found.items() if "trend" in key[0]} == {
        ("alignment_operation_trend_ratio_per_week", ("app", "rebase")): 0.04,
        ("alignment_operation_trend_p_value", ("app", "rebase")): 0.001,
        ("alignment_operation_trend_samples", ("app", "rebase")): 60,
        ("alignment_operation_trend_samples", ("app", "merge")): 5,
    }


def test_memory_that_nobody_measured_is_absent(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.record(operation(resources=None))
        found = values(journal_families(journal.read(300, NOW), [APP], 300, {}))
    assert ("alignment_operation_window_max_seconds", ("app", "rebase")) in found
    assert ("alignment_operation_window_peak_memory_bytes", ("app", "rebase")) not in found


def test_a_bound_of_an_older_version_counts_in_the_next_one_there_is() -> None:
    total = OperationTotal("app", "merge", "main", "success", 3, 9.0, NOW, {0.7: 1, 5000.0: 2})
    found = values(journal_families(EMPTY._replace(totals=(total,)), [APP], 300, {}))
    labels = ("app", "merge", "main", "success")
    shown = [found[f"{DURATION}_bucket", (*labels, bound)] for bound in ("0.5", "1.0", "1800.0", "+Inf")]
    assert shown == [0, 1, 1, 3]


def test_the_page_is_the_same_for_the_same_reading(reading: JournalReading) -> None:
    pages = {generate_latest(Registry(journal_families(reading, [APP, LIB], 300, {}))) for _ in range(3)}
    assert len(pages) == 1


def test_every_metric_stands_in_the_catalogue_in_its_order_with_its_labels(reading: JournalReading) -> None:
    known = [metric.family().name for metric in CATALOGUE]
    families = journal_families(reading, [APP], 300, {})
    positions = [known.index(family.name) for family in families]
    assert positions == sorted(positions)
    for family, metric in zip(families, (CATALOGUE[position] for position in positions), strict=True):
        for sample in family.samples:
            assert tuple(label for label in sample.labels if label != "le") == metric.labels


def test_both_formats_parse_and_promtool_has_nothing_to_say(reading: JournalReading) -> None:
    families = journal_families(reading, [APP, LIB], 300, {})
    plain = generate_latest(Registry(families))
    assert series(parse_plain(plain.decode())) == series(families)
    openmetrics = generate_openmetrics(Registry(families)).decode()  # type: ignore[no-untyped-call]
    parsed = parse_openmetrics(openmetrics)  # type: ignore[no-untyped-call]
    assert series(parsed) == series(families)
    checked = subprocess.run(
        [program("promtool"), "check", "metrics"], input=plain, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


totals = st.builds(
    OperationTotal,
    st.sampled_from(["app", "lib", "stranger"]),
    st.sampled_from([kind.value for kind in Kind]),
    st.sampled_from(["main", "scientific", "x", "", "other"]),
    st.sampled_from([outcome.value for outcome in Outcome]),
    st.just(0),
    st.floats(0, 1e6),
    st.floats(NOW, NOW + 1e6),
    st.dictionaries(st.sampled_from((*BUCKETS, math.inf)), st.integers(1, 1000), min_size=1),
).map(lambda total: total._replace(number=sum(total.buckets.values())))


@settings(max_examples=50, deadline=None)
@given(st.lists(totals, max_size=12, unique_by=lambda total: total[:4]))
def test_nothing_of_a_configured_repository_is_lost_or_counted_twice(
    given_totals: list[OperationTotal],
) -> None:
    found = values(journal_families(EMPTY._replace(totals=tuple(given_totals)), [APP, LIB], 300, {}))
    for repository in ("app", "lib"):
        expected = sum(total.number for total in given_totals if total.repository == repository)
        for name, bound in (("count", ()), ("bucket", ("+Inf",))):
            shown = sum(
                value
                for (metric, labels), value in found.items()
                if metric == f"{DURATION}_{name}" and labels[0] == repository and labels[4:] == bound
            )
            assert shown == expected
