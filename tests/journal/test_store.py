import math
import os
import stat
import tempfile
import threading
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignwatch.errors import AlignwatchError
from alignwatch.journal.reading import PhaseTotal, ResourceTotal, WaitingTotal, WindowExtremes
from alignwatch.journal.recording import PHASE_LIMIT
from alignwatch.journal.store import Journal, RegisteredRepository
from alignwatch.operation import BUCKETS, Evidence, Kind, Operation, Outcome, Phase, Resources
from support.journals import NOW, operation, query

APP = RegisteredRepository("app", Path("/srv/app"), Path("/srv/app/.git"), ("main", "scientific"))
EVIDENCE = Evidence("1" * 40, "2" * 40, "3" * 40, left_in_progress=False)
LIB = RegisteredRepository("lib", Path("/srv/lib.git"), Path("/srv/lib.git"), ("trunk",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Journal:
    return Journal(path)


def test_an_empty_journal_knows_nothing(journal: Journal) -> None:
    reading = journal.read(300, NOW)
    assert (reading.totals, reading.resources, reading.window, reading.operations) == ((), (), (), 0)


def test_an_operation_is_counted_with_its_duration_resources_and_end(journal: Journal) -> None:
    journal.record(operation())
    reading = journal.read(300, NOW)
    (total,) = reading.totals
    assert (total.repository, total.operation, total.target, total.outcome) == (
        "app",
        "rebase",
        "main",
        "success",
    )
    assert (total.number, total.seconds, total.last_ended) == (1, 2.0, NOW)
    assert total.buckets == {2.5: 1}
    assert reading.resources == (ResourceTotal("app", "rebase", 0.5, 2.0, 8),)
    assert reading.window == (WindowExtremes("app", "rebase", 2.0, 2.0, 1000, 1),)
    assert reading.operations == 1


def test_all_that_is_known_of_an_operation_is_kept(journal: Journal, path: Path) -> None:
    journal.record(operation(exit_code=None, resources=None, source="elsewhere"))
    assert query(path, "SELECT * FROM operations") == [
        (
            "app",
            "o",
            "rebase",
            "feature/x",
            "main",
            "success",
            NOW - 2,
            NOW,
            2.0,
            None,
            None,
            None,
            None,
            "elsewhere",
            0.0,
            None,
            None,
            None,
            None,
            None,
            "open",
        )
    ]


def test_what_comes_twice_counts_once(journal: Journal) -> None:
    journal.record(operation("o"))
    before = journal.read(300, NOW)
    journal.record(operation("o", duration=99.0, outcome=Outcome.FAILED))
    assert journal.read(300, NOW) == before


def test_who_records_learns_whether_it_was_new(journal: Journal) -> None:
    assert [journal.record(operation(one)) for one in ("a", "b", "a")] == [True, True, False]
    assert journal.record_all([operation("b"), operation("c"), operation("c")]) == [False, True, False]
    assert journal.read(300, NOW).operations == 3


def test_of_many_either_all_are_recorded_or_none(journal: Journal) -> None:
    with pytest.raises(AlignwatchError, match="NOT NULL"):
        journal.record_all([operation("a"), operation("b", duration=math.nan)])
    assert journal.read(300, NOW).totals == ()


def test_waiting_for_a_person_is_no_part_of_the_duration(journal: Journal) -> None:
    journal.record(operation("a", waiting=3600.0))
    journal.record(operation("b"))
    journal.record(operation("c", kind=Kind.MERGE))
    reading = journal.read(300, NOW + 3600)
    assert reading.waiting == (WaitingTotal("app", "rebase", 1, 3600.0),)
    assert [total.seconds for total in reading.totals] == [2.0, 4.0]
    assert max(total.last_ended for total in reading.totals) == NOW + 3600
    assert reading.window == (WindowExtremes("app", "rebase", 2.0, 2.0, 1000, 2),)


def test_phases_are_kept_in_their_order_and_counted_by_name(journal: Journal, path: Path) -> None:
    phases = (Phase("rebase", 0.25), Phase("validation", 40.0), Phase("rebase", 0.5))
    journal.record(operation("a", phases=phases))
    journal.record(operation("b", phases=phases[:1]))
    journal.record(operation("b", phases=phases))
    assert journal.read(300, NOW).phases == (
        PhaseTotal("app", "rebase", "rebase", 3, 1.0, {0.5: 3}),
        PhaseTotal("app", "rebase", "validation", 1, 40.0, {60.0: 1}),
    )
    rows = query(path, "SELECT phase, seconds FROM phases WHERE operation_id = 'a' ORDER BY position")
    assert rows == [tuple(phase) for phase in phases]


def test_phases_beyond_the_limit_are_counted_together_and_kept_apart(journal: Journal, path: Path) -> None:
    names = [f"phase {number:03}" for number in range(PHASE_LIMIT + 5)]
    for name in names:
        journal.record(operation(name, phases=(Phase(name, 1.0), Phase(names[0], 1.0))))
    totals = {total.phase: total.number for total in journal.read(300, NOW).phases}
    assert totals.pop(names[0]) == len(names) + 1
    assert totals.pop("other") == 5
    assert totals == dict.fromkeys(names[1:PHASE_LIMIT], 1)
    assert set(query(path, "SELECT phase FROM phases")) == set(names)


def test_pruning_removes_details_and_leaves_every_total(journal: Journal, path: Path) -> None:
    for number in range(5):
        journal.record(
            operation(f"o{number}", started=NOW + number, waiting=1.0, phases=(Phase("rebase", 1.0),))
        )
    (claim,) = journal.claims(1)
    journal.settle(claim, "conflict_markers")
    before = journal.read(300, NOW)
    assert journal.prune(NOW + 6) == 3
    after = journal.read(300, NOW)
    assert after == before._replace(operations=2, newest=after.newest, window=after.window)
    for table in ("operations", "phases"):
        assert query(path, f"SELECT operation_id FROM {table}") == ["o3", "o4"]
    assert journal.prune(NOW) == 0


def test_two_repositories_may_use_the_same_id(journal: Journal) -> None:
    journal.record(operation("align-20260112-120000-001"))
    journal.record(operation("align-20260112-120000-001", repository="lib"))
    assert journal.read(300, NOW).operations == 2


def test_an_operation_without_resources_leaves_their_totals_alone(journal: Journal) -> None:
    journal.record(operation("a", duration=4.0))
    journal.record(operation("b", resources=None))
    reading = journal.read(300, NOW)
    assert reading.resources == (ResourceTotal("app", "rebase", 0.5, 4.0, 8),)
    assert [total.number for total in reading.totals] == [2]


def test_what_was_recorded_late_belongs_to_the_window_of_those_around_it(journal: Journal) -> None:
    for number, ended in enumerate((NOW - 5000, NOW - 200, NOW - 4000, NOW - 100)):
        journal.record(operation(f"o{number}", started=ended - number, duration=float(number)))
    assert journal.read(300, NOW).window == (WindowExtremes("app", "rebase", 1.0, 3.0, 1000, 3),)
    assert journal.read(150, NOW).window == (WindowExtremes("app", "rebase", 3.0, 3.0, 1000, 1),)


def test_the_window_holds_what_ended_in_it(journal: Journal) -> None:
    journal.record(operation("long ago", started=NOW - 1000, duration=500.0))
    journal.record(operation("began before", started=NOW - 400, duration=390.0))
    journal.record(operation("short", duration=0.25, resources=None))
    journal.record(operation("other kind", kind=Kind.MERGE, resources=None))
    assert journal.read(300, NOW).window == (
        WindowExtremes("app", "merge", 2.0, 2.0, None, 1),
        WindowExtremes("app", "rebase", 0.25, 390.0, 1000, 2),
    )
    assert journal.read(300, NOW + 1000).window == ()


@pytest.mark.parametrize("bound", BUCKETS)
def test_a_bound_belongs_to_its_bucket(journal: Journal, bound: float) -> None:
    journal.record(operation("at", duration=bound))
    journal.record(operation("above", duration=math.nextafter(bound, math.inf)))
    (total,) = journal.read(300, NOW).totals
    following = dict(pairwise((*BUCKETS, math.inf)))[bound]
    assert total.buckets == {bound: 1, following: 1}


def test_names_that_are_not_utf8_are_kept_legible(journal: Journal, path: Path) -> None:
    journal.record(operation(branch=os.fsdecode(b"caf\xe9"), repository=os.fsdecode(b"r\xff")))
    assert query(path, "SELECT branch, repository FROM operations") == [("caf\\xe9", "r\\xff")]


def test_hostile_names_stay_data(journal: Journal) -> None:
    hostile = "'; DROP TABLE totals; --\n\"\u202e"
    journal.record(operation(repository=hostile, branch=hostile, target=hostile))
    (total,) = journal.read(300, NOW).totals
    assert (total.repository, total.target) == (hostile, hostile)


def test_only_the_owner_may_read(journal: Journal, path: Path) -> None:
    journal.record(operation())
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes) == {f"journal.sqlite3{suffix}" for suffix in ("", "-wal", "-shm", ".lock")}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_version_moves_with_every_record_by_anybody(journal: Journal, path: Path) -> None:
    versions = [journal.version()]
    assert journal.version() == versions[0]
    journal.record(operation("ours"))
    versions.append(journal.version())
    with Journal(path) as other:
        other.record(operation("theirs"))
    versions.append(journal.version())
    assert len(set(versions)) == 3
    assert journal.version() == versions[-1]
    journal.read(300, NOW)
    journal.record(operation("ours"))
    assert journal.version() == versions[-1]


def test_a_repository_is_found_by_git_directory_and_by_name(journal: Journal) -> None:
    journal.register_repositories([APP, LIB])
    assert journal.repository_of(APP.common_dir) == APP
    assert journal.repository_named("lib") == LIB
    assert journal.repository_of(Path("/srv/app")) is None
    assert journal.repository_named("nobody") is None


def test_registering_again_writes_only_what_is_new(journal: Journal) -> None:
    journal.register_repositories([APP, LIB])
    before = journal.version()
    journal.register_repositories([LIB, APP])
    assert journal.version() == before
    renamed = APP._replace(name="application", primaries=("main",))
    journal.register_repositories([renamed, LIB])
    assert journal.repository_of(APP.common_dir) == renamed
    assert journal.repository_named("app") is None


def test_a_name_moves_with_its_repository(journal: Journal) -> None:
    journal.register_repositories([APP])
    moved = APP._replace(path=Path("/home/app"), common_dir=Path("/home/app/.git"))
    journal.register_repositories([moved])
    assert journal.repository_named("app") == moved
    assert journal.repository_of(APP.common_dir) is None


def test_paths_that_are_not_utf8_survive(journal: Journal) -> None:
    odd = APP._replace(path=Path(os.fsdecode(b"/srv/\xff")), common_dir=Path(os.fsdecode(b"/srv/\xff/.git")))
    journal.register_repositories([odd])
    assert journal.repository_of(odd.common_dir) == odd


def test_threads_take_turns(journal: Journal) -> None:
    def work(name: str) -> None:
        for number in range(20):
            journal.record(operation(f"{name}-{number}"))
            journal.version()
            journal.read(300, NOW)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reading = journal.read(300, NOW)
    assert reading.operations == sum(total.number for total in reading.totals) == 120


operations = st.builds(
    Operation,
    operation_id=st.sampled_from([f"o{number}" for number in range(12)]),
    repository=st.sampled_from(["app", "lib"]),
    kind=st.sampled_from(Kind),
    branch=st.text(max_size=3),
    target=st.sampled_from(["main", "", "x"]),
    started=st.floats(NOW, NOW + 1e6),
    duration=st.floats(0, 4000),
    outcome=st.sampled_from(Outcome),
    exit_code=st.none() | st.integers(0, 255),
    resources=st.none()
    | st.builds(Resources, st.floats(0, 1e4), st.integers(0, 2**40), st.integers(0, 2**40)),
    source=st.just("track"),
    waiting=st.just(0.0) | st.floats(0, 1e5),
    phases=st.lists(
        st.builds(Phase, st.sampled_from(["rebase", "validation", "é\n"]), st.floats(0, 4000)), max_size=4
    ).map(tuple),
    evidence=st.none() | st.just(EVIDENCE),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(operations, max_size=15))
def test_totals_equal_a_recount_of_the_operations(recorded: list[Operation]) -> None:
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "journal") as journal:
        for one in recorded:
            journal.record(one)
        reading = journal.read(300, NOW)
    kept = list({(one.repository, one.operation_id): one for one in reversed(recorded)}.values())
    assert reading.operations == len(kept)

    def key(one: Operation) -> tuple[str, ...]:
        return one.repository, one.kind.value, one.target, one.outcome.value

    counted = Counter(map(key, kept))
    assert {total[:4]: total.number for total in reading.totals} == counted
    for total in reading.totals:
        members = [one for one in kept if key(one) == total[:4]]
        assert total.seconds == pytest.approx(sum(one.duration for one in members))
        assert total.last_ended == max(one.ended for one in members)
        assert sum(total.buckets.values()) == total.number
        for bound in BUCKETS:
            up_to = sum(number for upper, number in total.buckets.items() if upper <= bound)
            assert up_to == sum(one.duration <= bound for one in members)
    for used in reading.resources:
        measured = [
            (one, one.resources)
            for one in kept
            if (one.repository, one.kind) == used[:2] and one.resources is not None
        ]
        assert used.io_operations == sum(resources.io_operations for _, resources in measured)
        assert used.cpu_seconds == pytest.approx(sum(resources.cpu_seconds for _, resources in measured))
        assert used.measured_seconds == pytest.approx(sum(one.duration for one, _ in measured))
    for waited in reading.waiting:
        waits = [one.waiting for one in kept if (one.repository, one.kind) == waited[:2] and one.waiting > 0]
        assert waited.number == len(waits)
        assert waited.seconds == pytest.approx(sum(waits))
    for spent in reading.phases:
        seconds = [
            phase.seconds
            for one in kept
            for phase in one.phases
            if (one.repository, one.kind, phase.name) == spent[:3]
        ]
        assert spent.number == len(seconds)
        assert spent.seconds == pytest.approx(sum(seconds))
        assert spent.buckets == Counter(
            min(bound for bound in (*BUCKETS, math.inf) if taken <= bound) for taken in seconds
        )
    assert sum(total.number for total in reading.phases) == sum(len(one.phases) for one in kept)
    assert sum(waited.number for waited in reading.waiting) == sum(one.waiting > 0 for one in kept)
