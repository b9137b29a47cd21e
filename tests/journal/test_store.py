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

from alignwatch.journal.reading import ResourceTotal, WindowExtremes
from alignwatch.journal.store import Journal, RegisteredRepository
from alignwatch.operation import BUCKETS, Kind, Operation, Outcome, Resources
from support.journals import NOW, change, operation, query

APP = RegisteredRepository("app", Path("/srv/app"), Path("/srv/app/.git"), ("main", "scientific"))
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
    assert reading.window == (WindowExtremes("app", "rebase", 2.0, 2.0, 1000),)
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
        )
    ]


def test_what_comes_twice_counts_once(journal: Journal) -> None:
    journal.record(operation("o"))
    before = journal.read(300, NOW)
    journal.record(operation("o", duration=99.0, outcome=Outcome.FAILED))
    assert journal.read(300, NOW) == before


def test_two_repositories_may_use_the_same_id(journal: Journal) -> None:
    journal.record(operation("align-20260112-120000-001"))
    journal.record(operation("align-20260112-120000-001", repository="lib"))
    assert journal.read(300, NOW).operations == 2


def test_totals_survive_pruning(journal: Journal, path: Path) -> None:
    for number in range(3):
        journal.record(operation(f"o{number}"))
    before = journal.read(300, NOW)
    change(path, "DELETE FROM operations")
    after = journal.read(300, NOW)
    assert (after.operations, after.window) == (0, ())
    assert (after.totals, after.resources) == (before.totals, before.resources)


def test_an_operation_without_resources_leaves_their_totals_alone(journal: Journal) -> None:
    journal.record(operation("a", duration=4.0))
    journal.record(operation("b", resources=None))
    reading = journal.read(300, NOW)
    assert reading.resources == (ResourceTotal("app", "rebase", 0.5, 4.0, 8),)
    assert [total.number for total in reading.totals] == [2]


def test_the_window_holds_what_ended_in_it(journal: Journal) -> None:
    journal.record(operation("long ago", started=NOW - 1000, duration=500.0))
    journal.record(operation("began before", started=NOW - 400, duration=390.0))
    journal.record(operation("short", duration=0.25, resources=None))
    journal.record(operation("other kind", kind=Kind.MERGE, resources=None))
    assert journal.read(300, NOW).window == (
        WindowExtremes("app", "merge", 2.0, 2.0, None),
        WindowExtremes("app", "rebase", 0.25, 390.0, 1000),
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
        assert total.last_ended == max(one.started + one.duration for one in members)
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
