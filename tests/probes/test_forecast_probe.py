import shutil
import threading
from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.probes import forecast as forecast_probe
from alignwatch.probes import tasks_of
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.probes.forecast import ForecastProbe, RememberedForecast
from alignwatch.probes.runner import Lane
from alignwatch.settings import Forecast, Monitoring, Repository, Settings
from alignwatch.snapshot import Earlier, ForecastReading
from support.repositories import git


@pytest.fixture(autouse=True)
def _one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """No midnight passes between two looks."""
    monkeypatch.setattr(forecast_probe, "_today", lambda: 20_000)


@pytest.fixture
def divergence(repository: Path, git_runner: Git) -> DivergenceProbe:
    return DivergenceProbe(git_runner, Repository(path=str(repository)), 10)


@pytest.fixture
def probe(repository: Path, divergence: DivergenceProbe, git_runner: Git, tmp_path: Path) -> ForecastProbe:
    return ForecastProbe(git_runner, repository, divergence, 5, tmp_path / "cache")


def test_nothing_is_done_while_nothing_moves(
    repository: Path, divergence: DivergenceProbe, probe: ForecastProbe
) -> None:
    divergence.read()
    reading = probe.read()
    assert (len(reading.verdicts), reading.complete) == (1, True)
    divergence.read()
    shutil.rmtree(repository)
    assert probe.read() is reading


def test_the_same_findings_are_the_same_reading(
    repository: Path, divergence: DivergenceProbe, probe: ForecastProbe
) -> None:
    divergence.read()
    reading = probe.read()
    git(repository, "branch", "another", "main")
    divergence.read()
    assert probe.read() is reading


def test_a_branch_that_moved_is_tried_again(
    repository: Path, divergence: DivergenceProbe, probe: ForecastProbe
) -> None:
    divergence.read()
    before = probe.read()
    tip = git(repository, "commit-tree", "feature/far^{tree}", "-p", "feature/far", "-m", "more")
    git(repository, "update-ref", "refs/heads/feature/far", tip)
    divergence.read()
    assert {tip for tip, _ in probe.read().verdicts} == {tip} != {tip for tip, _ in before.verdicts}


def test_it_waits_for_the_first_measurement(divergence: DivergenceProbe, probe: ForecastProbe) -> None:
    waiting = threading.Timer(0.1, divergence.read)
    waiting.start()
    assert len(probe.read().verdicts) == 1
    waiting.join()


def test_how_branches_stood_is_noted_once_a_day(
    repository: Path, divergence: DivergenceProbe, probe: ForecastProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    divergence.read()
    first = probe.read()
    assert first.earlier == {}
    monkeypatch.setattr(forecast_probe, "_today", lambda: 20_001)
    tomorrow = probe.read()
    assert tomorrow is not first, "a new day, although nothing moved"
    assert tomorrow.earlier["feature/far"] == Earlier(1, 0, 2)
    assert set(tomorrow.earlier) == {"feature/far", "feature/merged", "fix-aligned", "main"}
    assert probe.read() is tomorrow


def test_without_measurement_there_is_no_forecast(
    repository: Path, divergence: DivergenceProbe, git_runner: Git, tmp_path: Path
) -> None:
    probe = ForecastProbe(git_runner, repository, divergence, 0.01, tmp_path / "cache")
    with pytest.raises(GitError, match="not been measured yet"):
        probe.read()
    shutil.rmtree(repository)
    with pytest.raises(GitError):
        divergence.read()
    with pytest.raises(GitError, match="no such folder") as error:
        probe.read()
    assert error.value.reason == "missing"


def test_what_is_remembered_needs_no_git(
    repository: Path, divergence: DivergenceProbe, probe: ForecastProbe, tmp_path: Path
) -> None:
    branches = divergence.read()
    remembered = RememberedForecast(branches, repository, tmp_path / "cache")
    assert (len(remembered.read().verdicts), remembered.read().pending) == (0, 1)
    assert remembered.read() != probe.read() == remembered.read()


def test_repositories_take_turns_in_a_lane_of_their_own(tmp_path: Path, git_runner: Git) -> None:
    repositories = tuple(Repository(path=str(tmp_path / str(number))) for number in range(10))
    settings = Settings(
        state_dir=str(tmp_path),
        repositories=repositories,
        monitoring=Monitoring(forecast=Forecast(interval_seconds=60, slice_seconds=20)),
    )
    forecasts = [task for task in tasks_of(settings, git_runner) if task.name == ForecastReading.probe]
    assert len(forecasts) == 10
    assert {task.lane for task in forecasts} == {Lane.FORECAST}
    assert {task.interval for task in forecasts} == {400}, "the collisions take turns with them"
    off = Settings(
        state_dir=str(tmp_path),
        repositories=repositories,
        monitoring=Monitoring(forecast=Forecast(enabled=False)),
    )
    assert not [task for task in tasks_of(off, git_runner) if task.name == ForecastReading.probe]
