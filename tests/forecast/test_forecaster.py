"""The forecast of whole repositories, in slices, over restarts, while branches move and git fails."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from alignwatch.drift import with_forecast
from alignwatch.forecast import trials
from alignwatch.forecast.forecaster import Forecaster, recall
from alignwatch.git.command import Git, GitError
from alignwatch.git.merge_tree import Merges, try_merges
from alignwatch.git.shadow import Shadow
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.settings import Repository
from alignwatch.snapshot import ForecastReading
from alignwatch.state_dir import name_in_cache
from support.fake_git import MergeTrees, fake_git
from support.merges import reference, throw_away_clone
from support.repositories import ENVIRONMENT, Commit, everything_in, git, import_history, new_repository

TEXT = "".join(f"line {number}\n" for number in range(12))
HISTORY = [
    Commit("base", files={"a": TEXT, "b": TEXT}),
    Commit("main", ["base"], {"a": TEXT.replace("line 3", "main")}),
    Commit("clean", ["base"], {"b": TEXT.replace("line 3", "branch")}),
    Commit("conflict", ["base"], {"a": TEXT.replace("line 3", "branch")}),
    Commit("both", ["base"], {"a": TEXT.replace("line 3", "other"), "c": "c\n"}),
    Commit("aligned", ["main"], {"d": "d\n"}),
    Commit("orphan", files={"o": "o\n"}),
]
TIPS = ("main", "clean", "conflict", "both", "aligned", "orphan")


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    """Six branches, of which three are worth a merge."""
    made = new_repository(tmp_path / "app")
    import_history(made, HISTORY, {tip: tip for tip in TIPS})
    return made


class Forecast:
    """One process that forecasts."""

    def __init__(self, watched: Path, cache: Path, runner: Git) -> None:
        self.probe = DivergenceProbe(Git(environment=ENVIRONMENT), Repository(path=str(watched)), 10)
        self._forecaster = Forecaster(runner, watched, cache)

    def go_on(self, seconds: float = 10) -> ForecastReading:
        self.probe.read()
        measured = self.probe.latest()
        return self._forecaster.advance(measured.reading, measured.drifts, seconds)

    def conflicts(self, reading: ForecastReading) -> dict[str, int | None]:
        """Files in conflict by branch, of the branches behind."""
        told = with_forecast(self.probe.read(), reading)
        return {
            branch.name: branch.conflict_files
            for branch in told.branches
            if branch.behind and branch.merge_base_time
        }


def test_cold_and_warm_leave_no_trace_in_the_repository(
    watched: Path, tmp_path: Path, merges: MergeTrees
) -> None:
    before = everything_in(watched)
    cold = Forecast(watched, tmp_path / "cache", merges.git())
    reading = cold.go_on()
    assert (reading.pending, reading.failed, reading.complete) == (0, 0, True)
    assert cold.conflicts(reading) == {"clean": 0, "conflict": 1, "both": 1}
    assert len(merges.asked()) == 3
    warm = Forecast(watched, tmp_path / "cache", merges.git())
    assert warm.go_on() == reading
    assert merges.asked() == []
    assert recall(warm.probe.read(), watched, tmp_path / "cache") == reading
    assert everything_in(watched) == before


def test_nothing_to_try_needs_no_git(tmp_path: Path) -> None:
    made = new_repository(tmp_path / "app")
    import_history(made, HISTORY[:2], {"main": "main"})
    assert Forecast(made, tmp_path / "cache", Git("no-such-git")).go_on() == ForecastReading({}, 0, 0)
    assert not (tmp_path / "cache").exists()


def test_a_target_that_moved_keeps_what_it_does_not_touch(
    watched: Path, tmp_path: Path, merges: MergeTrees
) -> None:
    forecast = Forecast(watched, tmp_path / "cache", merges.git())
    forecast.go_on()
    merges.asked()
    later = Commit("later", ["main"], {"b": TEXT.replace("line 3", "main")})
    import_history(watched, [*HISTORY, later], {"main": "later"})
    before = everything_in(watched)
    reading = forecast.go_on()
    assert forecast.conflicts(reading) == {"clean": 1, "conflict": 1, "both": 1, "aligned": 0}
    # "aligned" was not behind before; only "clean" touches the file.
    assert set(merges.asked()) == {git(watched, "rev-parse", name) for name in ("clean", "aligned")}
    assert everything_in(watched) == before


def test_verdicts_are_those_of_git(watched: Path, tmp_path: Path, git_runner: Git) -> None:
    clone = throw_away_clone(watched, tmp_path / "clone")
    reading = Forecast(watched, tmp_path / "cache", git_runner).go_on()
    assert len(reading.verdicts) == 3
    for pair, verdict in reading.verdicts.items():
        assert verdict == reference(clone, *pair)


@pytest.mark.parametrize(
    "failure", ['answer "$@"; exit 1', 'answer "$@"; exit 128', "kill -ABRT $$", "kill -KILL $$"]
)
def test_one_merge_that_fails_loses_no_other(
    watched: Path, tmp_path: Path, merges: MergeTrees, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    merges.blame(git(watched, "rev-parse", "conflict"))
    forecast = Forecast(watched, tmp_path / "cache", merges.git(failure))
    reading = forecast.go_on()
    assert (len(reading.verdicts), reading.pending, reading.failed) == (2, 0, 1)
    assert reading.problem is not None
    assert "git merge-tree ended with" in reading.problem
    assert forecast.conflicts(reading) == {"clean": 0, "conflict": None, "both": 1}
    merges.asked()
    assert forecast.go_on() == reading
    assert merges.asked() == [], "a failure is not tried again at once"
    monkeypatch.setattr(trials, "RETRY_SECONDS", 0.0)
    forecast.go_on()
    assert set(merges.asked()) == {git(watched, "rev-parse", "conflict")}


def end_soon(
    culprit: str, monkeypatch: pytest.MonkeyPatch, clock: Callable[[], float] = lambda: 0.0
) -> list[float]:
    """Runs with a commit that hangs end at once, and else time passes only as the clock says.

    Returns how long each run would have had.
    """
    given: list[float] = []

    def in_time(runner: Git, folder: Path, pairs: Sequence[tuple[str, str]], seconds: float) -> Merges:
        given.append(seconds)
        hopeless = any(culprit in pair for pair in pairs)
        return try_merges(runner, folder, pairs, min(seconds, 0.2) if hopeless else seconds)

    monkeypatch.setattr(trials, "try_merges", in_time)
    monkeypatch.setattr(trials, "time", SimpleNamespace(monotonic=clock))
    return given


def test_a_merge_that_hangs_fails_and_the_rest_goes_on(
    watched: Path, tmp_path: Path, merges: MergeTrees, monkeypatch: pytest.MonkeyPatch
) -> None:
    culprit = git(watched, "rev-parse", "conflict")
    merges.blame(culprit)
    end_soon(culprit, monkeypatch)
    forecast = Forecast(watched, tmp_path / "cache", merges.git("sleep 600"))
    reading = forecast.go_on(60)
    assert reading.pending > 0
    while reading.pending:
        reading = forecast.go_on(60)
    assert (len(reading.verdicts), reading.failed) == (2, 1)
    assert "did not end within" in (reading.problem or "")


def test_a_merge_that_got_little_time_is_not_blamed(
    watched: Path, tmp_path: Path, merges: MergeTrees, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(watched, "update-ref", "-d", "refs/heads/both")
    quick, slow = (git(watched, "rev-parse", name) for name in ("conflict", "clean"))
    merges.blame(quick)
    merges.blame(slow)
    mark = tmp_path / "mark"
    runner = merges.git(f'case "$given" in *{slow}) sleep 600;; *) : > {mark};; esac')
    forecast = Forecast(watched, tmp_path / "cache", runner)
    # The quick one takes 35 s, however busy this machine is.
    given = end_soon(slow, monkeypatch, lambda: 35.0 if mark.exists() else 0.0)
    reading = forecast.go_on(60)
    assert (len(reading.verdicts), reading.failed, reading.pending) == (1, 0, 1)
    assert given == [60, 25]


def test_what_a_crash_swallowed_is_found_in_smaller_runs(tmp_path: Path, merges: MergeTrees) -> None:
    made = new_repository(tmp_path / "many", bare=True)
    tips = [Commit(f"b{number}", ["base"], {f"f{number}": "x\n"}) for number in range(40)]
    ids = import_history(
        made, [*HISTORY[:2], *tips], {"main": "main", **{tip.name: tip.name for tip in tips}}
    )
    merges.blame(ids["b30"])
    merges.blame(ids["b7"])
    told: list[ForecastReading] = []
    forecast = Forecast(made, tmp_path / "cache", merges.git("kill -ABRT $$"))
    forecast.probe.read()
    measured = forecast.probe.latest()
    reading = Forecaster(merges.git("kill -ABRT $$"), made, tmp_path / "cache").advance(
        measured.reading, measured.drifts, 60, told.append
    )
    assert (len(reading.verdicts), reading.failed) == (38, 2)
    assert [len(one.verdicts) for one in told] == sorted(len(one.verdicts) for one in told)


def test_who_finds_another_at_work_takes_what_that_one_has(
    watched: Path, tmp_path: Path, git_runner: Git
) -> None:
    cache = tmp_path / "cache"
    with Shadow(cache / name_in_cache("forecast", watched), watched).opened("1" * 40):
        reading = Forecast(watched, cache, git_runner).go_on()
    assert (len(reading.verdicts), reading.pending) == (0, 3)
    assert Forecast(watched, cache, git_runner).go_on().complete


def test_a_git_that_cannot_do_it_is_an_error(watched: Path, tmp_path: Path, merges: MergeTrees) -> None:
    merges.blame(".")
    with pytest.raises(GitError, match=r"needs git 2\.39"):
        Forecast(watched, tmp_path / "cache", merges.git("exit 129")).go_on()


def test_a_comparison_that_hangs_is_given_up(watched: Path, tmp_path: Path, git_runner: Git) -> None:
    Forecast(watched, tmp_path / "cache", git_runner).go_on()
    import_history(watched, [*HISTORY, Commit("later", ["main"], {"z": "z\n"})], {"main": "later"})
    hanging = fake_git(tmp_path, 'case "$*" in *diff-tree*) sleep 600;; *) exec git "$@";; esac')
    forecast = Forecast(watched, tmp_path / "cache", hanging)
    assert forecast.go_on(0.3).pending == 4
    broken = fake_git(tmp_path, 'case "$*" in *cat-file*) exit 3;; *) exec git "$@";; esac')
    assert Forecast(watched, tmp_path / "cache", broken).go_on().complete


def test_verdicts_that_were_refused_once_are_not_judged_again(
    watched: Path, tmp_path: Path, merges: MergeTrees
) -> None:
    forecast = Forecast(watched, tmp_path / "cache", merges.git('answer "$@"; exit 1'))
    forecast.go_on()
    import_history(watched, [*HISTORY, Commit("later", ["main"], {"b": "b\n"})], {"main": "later"})
    merges.blame(git(watched, "rev-parse", "clean"))
    reading = forecast.go_on()
    assert (reading.failed, reading.pending) == (1, 0)
    assert forecast.go_on() == reading
