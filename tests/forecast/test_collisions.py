"""Branches against each other, in slices, over restarts, while branches move and git fails."""

import itertools
import os
import random
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignwatch.forecast import trials
from alignwatch.forecast.collisions import Collider, recall
from alignwatch.forecast.contenders import Contenders, contenders_of
from alignwatch.git.command import Git, GitError
from alignwatch.git.merge_tree import Merges, try_merges
from alignwatch.git.shadow import Shadow
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.settings import BranchSeries, Repository
from alignwatch.snapshot import Collision, CollisionsReading
from alignwatch.state_dir import name_in_cache
from support.fake_git import MergeTrees, fake_git
from support.merges import conflicting_files, own_files, random_history, throw_away_clone
from support.repositories import (
    ENVIRONMENT,
    Commit,
    everything_in,
    git,
    import_history,
    new_repository,
)
from support.waiting import wait_until

TEXT = "".join(f"line {number}\n" for number in range(12))


def edit(line: int, by: str) -> str:
    return TEXT.replace(f"line {line}\n", f"{by}\n")


HISTORY = [
    Commit("old", files={"a": TEXT, "b": TEXT, "c": TEXT}),
    Commit("main", ["old"], {"b": edit(3, "main")}),
    Commit("one", ["old"], {"a": edit(3, "one")}),
    Commit("two", ["main"], {"a": edit(3, "two"), "c": edit(3, "two")}),
    # Conflicts with what "two" has of main, and with nothing that "two" did.
    Commit("three", ["old"], {"b": edit(3, "three")}),
    Commit("apart", ["main"], {"d": "d\n"}),
    Commit("on one", ["one"], {"a": edit(3, "more")}),
    Commit("merged", ["old"]),
    Commit("orphan", files={"a": "o\n"}),
]
ODD = '"odd;$(x)|<b>\u00e9'
TIPS = {"main": "main", "one": "one", ODD: "two", "three": "three", "apart": "apart", "stacked": "on one"}
SETTINGS = Repository(path="/srv/app", branch_series=BranchSeries(active_days=36500))


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    """Five branches with work of their own, one that is merged and one without common history."""
    made = new_repository(tmp_path / "app")
    import_history(made, HISTORY, {**TIPS, "merged": "old", "orphan": "orphan"})
    return made


def contenders(watched: Path, limit: int = 50, settings: Repository = SETTINGS) -> Contenders:
    probe = DivergenceProbe(Git(environment=ENVIRONMENT), Repository(path=str(watched)), 10)
    probe.read()
    measured = probe.latest()
    return contenders_of(measured.reading, measured.drifts, settings, limit, time.time())


class Collisions:
    """One process that looks for them."""

    def __init__(self, watched: Path, cache: Path, runner: Git) -> None:
        self._watched = watched
        self._collider = Collider(runner, watched, cache)

    def go_on(self, seconds: float = 10) -> CollisionsReading:
        return self._collider.advance(contenders(self._watched), seconds)


FOUND = (Collision("stacked", ODD, "main", 1), Collision(ODD, "one", "main", 1))
PARTNERS = {"stacked": 1, ODD: 2, "one": 1, "three": 0, "apart": 0}


def partners(reading: CollisionsReading) -> dict[str, int]:
    return {name: count for (name, _), count in reading.partners.items()}


def test_cold_and_warm_leave_no_trace_in_the_repository(
    watched: Path, tmp_path: Path, merges: MergeTrees
) -> None:
    before = everything_in(watched)
    cold = Collisions(watched, tmp_path / "cache", merges.git()).go_on()
    assert cold.collisions == FOUND
    assert partners(cold) == PARTNERS
    assert (cold.pending, cold.failed, cold.complete) == (0, 0, True)
    assert cold.done == len(merges.asked()) == 3, "of ten pairs three touch the same file"
    assert Collisions(watched, tmp_path / "cache", merges.git()).go_on() == cold
    assert merges.asked() == []
    assert recall(contenders(watched), watched, tmp_path / "cache") == cold
    assert everything_in(watched) == before


def test_a_branch_that_moved_is_tried_against_those_it_meets(
    watched: Path, tmp_path: Path, merges: MergeTrees
) -> None:
    looking = Collisions(watched, tmp_path / "cache", merges.git())
    looking.go_on()
    merges.asked()
    later = [*HISTORY, Commit("later", ["apart"], {"b": edit(3, "apart")})]
    ids = import_history(watched, later, {**TIPS, "apart": "later"})
    reading = looking.go_on()
    assert reading.collisions == (Collision("apart", "three", "main", 1), *FOUND)
    assert len(merges.asked()) == 1
    git(watched, "update-ref", "-d", "refs/heads/apart", ids["later"])
    reading = looking.go_on()
    assert (reading.collisions, merges.asked()) == (FOUND, [])


def test_when_the_target_took_a_part_of_it_a_branch_did_less(
    watched: Path, tmp_path: Path, merges: MergeTrees
) -> None:
    looking = Collisions(watched, tmp_path / "cache", merges.git())
    looking.go_on()
    history = [*HISTORY, Commit("landed", ["main", "one"], {"a": edit(3, "one")})]
    import_history(watched, history, {"main": "landed"})
    reading = looking.go_on()
    assert reading.collisions == (Collision("stacked", ODD, "main", 1),), "what was one's is in main now"


def test_nothing_to_try_needs_no_git(watched: Path, tmp_path: Path) -> None:
    reading = Collider(Git("no-such-git"), watched, tmp_path / "cache").advance(contenders(watched, 1), 10)
    assert (reading.collisions, partners(reading), reading.complete) == ((), {"stacked": 0}, True)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("failure", ['answer "$@"; exit 128', "kill -ABRT $$", "kill -KILL $$"])
def test_one_merge_that_fails_loses_no_other(
    watched: Path, tmp_path: Path, merges: MergeTrees, failure: str
) -> None:
    one, two = sorted(git(watched, "rev-parse", f"refs/heads/{name}") for name in ("one", ODD))
    merges.blame(f"{two} {one}")
    reading = Collisions(watched, tmp_path / "cache", merges.git(failure)).go_on()
    assert (reading.done, reading.pending, reading.failed) == (2, 0, 1)
    assert reading.problem is not None
    assert reading.collisions == FOUND[:1]
    assert partners(reading) == {"stacked": 1, "three": 0, "apart": 0}, "of the two that failed it is unknown"


def test_a_merge_that_hangs_fails_and_the_rest_goes_on(
    watched: Path, tmp_path: Path, merges: MergeTrees, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = sorted(git(watched, "rev-parse", f"refs/heads/{name}") for name in ("one", ODD))
    merges.blame(f"{two} {one}")

    def in_time(runner: Git, folder: Path, pairs: Sequence[tuple[str, str]], seconds: float) -> Merges:
        # Only what hangs runs out of time, however busy this machine is.
        return try_merges(runner, folder, pairs, 0.2 if (one, two) in pairs else seconds)

    monkeypatch.setattr(trials, "try_merges", in_time)
    looking = Collisions(watched, tmp_path / "cache", merges.git("sleep 600"))
    readings = [looking.go_on(60) for _ in range(4)]
    assert (readings[-1].done, readings[-1].failed, readings[-1].pending) == (2, 1, 0)


def test_a_comparison_that_hangs_is_an_error(watched: Path, tmp_path: Path) -> None:
    hanging = fake_git(tmp_path, 'case "$*" in *diff-tree*) sleep 600;; *) exec git "$@";; esac')
    with pytest.raises(GitError, match="did not end within") as error:
        Collisions(watched, tmp_path / "cache", hanging).go_on(0.5)
    assert error.value.reason == "timeout"


def test_what_cannot_be_read_fails_and_the_rest_goes_on(watched: Path, tmp_path: Path) -> None:
    before = contenders(watched)
    git(watched, "update-ref", "-d", "refs/heads/apart")
    git(watched, "-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now")
    reading = Collider(Git(environment=ENVIRONMENT), watched, tmp_path / "cache").advance(before, 10)
    assert reading.collisions == FOUND
    assert (reading.failed, reading.pending) == (4, 0), "what vanished is in four pairs"
    assert "cannot be read" in (reading.problem or "")
    assert Collisions(watched, tmp_path / "cache", Git(environment=ENVIRONMENT)).go_on().complete


def test_a_damaged_memory_is_begun_anew(watched: Path, tmp_path: Path, git_runner: Git) -> None:
    cache = tmp_path / "cache"
    found = Collisions(watched, cache, git_runner).go_on()
    (file,) = cache.glob("*.msgpack")
    for damage in (b"", file.read_bytes()[:100], b"\x91\x95\x01"):
        file.write_bytes(damage)
        assert Collisions(watched, cache, git_runner).go_on() == found


def test_who_finds_another_at_work_takes_what_that_one_has(
    watched: Path, tmp_path: Path, git_runner: Git
) -> None:
    cache = tmp_path / "cache"
    with Shadow(cache / name_in_cache("forecast", watched), watched).opened("1" * 40):
        reading = Collisions(watched, cache, git_runner).go_on()
    assert (reading.done, reading.pending, reading.partners) == (0, 10, {})


def test_killed_in_mid_slice_it_goes_on_where_it_was(
    watched: Path, tmp_path: Path, merges: MergeTrees
) -> None:
    cache, two = tmp_path / "cache", git(watched, "rev-parse", f"refs/heads/{ODD}")
    merges.blame(two)
    stuck = merges.git("sleep 600")
    child = os.fork()
    if child == 0:
        Collider(stuck, watched, cache).advance(contenders(watched), 60)
        os._exit(1)
    wait_until(merges.asked, "git")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    before = everything_in(watched)
    reading = Collisions(watched, cache, Git(environment=ENVIRONMENT)).go_on()
    assert (reading.collisions, reading.complete) == (FOUND, True)
    assert everything_in(watched) == before
    assert not list(cache.glob("*/objects/??/*")), "what the first had written is gone"


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_the_pairs_of_a_random_history_are_those_of_a_slow_look_at_each(
    chance: random.Random, tmp_path_factory: pytest.TempPathFactory, git_runner: Git
) -> None:
    folder = tmp_path_factory.mktemp("random")
    made = new_repository(folder / "r", bare=True)
    history = random_history(chance, 9)
    import_history(made, history, {commit.name: commit.name for commit in history} | {"main": "c5"})
    tried = contenders(made)
    reading = Collider(git_runner, made, folder / "cache").advance(tried, 60)
    assert reading.pending == 0
    found = {(one.one, one.other): one.conflict_files for one in reading.collisions}
    clone = throw_away_clone(made, folder / "clone")
    for one, other in itertools.combinations(tried, 2):
        conflicting = conflicting_files(clone, one, other)
        if conflicting is None or reading.failed:
            continue  # git 2.39 crashes on some renames
        clean, paths = conflicting
        of_both = paths & own_files(clone, one, "main") & own_files(clone, other, "main")
        if clean:
            assert (one, other) not in found
        elif of_both:
            assert len(of_both) <= found[one, other] <= len(paths)
