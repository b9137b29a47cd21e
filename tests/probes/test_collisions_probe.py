import shutil
from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.probes import tasks_of
from alignwatch.probes.collisions import CollisionsProbe, RememberedCollisions
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.probes.runner import Lane
from alignwatch.settings import BranchSeries, Forecast, Monitoring, Repository, Settings
from alignwatch.snapshot import CollisionsReading
from support.repositories import Commit, everything_in, git, import_history, new_repository


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    made = new_repository(tmp_path / "colliding")
    history = [
        Commit("main", files={"a": "1\n", "b": "1\n"}),
        *(Commit(name, ["main"], {"a": f"{name}\n"}) for name in ("one", "two", "three")),
    ]
    import_history(made, history, {one.name: one.name for one in history})
    return made


@pytest.fixture
def settings(watched: Path) -> Repository:
    return Repository(path=str(watched), branch_series=BranchSeries(active_days=36500))


@pytest.fixture
def divergence(settings: Repository, git_runner: Git) -> DivergenceProbe:
    return DivergenceProbe(git_runner, settings, 10)


def probe_of(
    settings: Repository, divergence: DivergenceProbe, runner: Git, cache: Path, limit: int = 50
) -> CollisionsProbe:
    wanted = Forecast(slice_seconds=5, collision_branches=limit)
    return CollisionsProbe(runner, settings, divergence, wanted, cache)


@pytest.fixture
def probe(
    settings: Repository, divergence: DivergenceProbe, git_runner: Git, tmp_path: Path
) -> CollisionsProbe:
    return probe_of(settings, divergence, git_runner, tmp_path / "cache")


def test_nothing_is_done_while_none_of_them_moves(
    watched: Path, divergence: DivergenceProbe, probe: CollisionsProbe
) -> None:
    before = everything_in(watched)
    divergence.read()
    reading = probe.read()
    assert (len(reading.collisions), reading.done, reading.complete) == (3, 3, True)
    assert everything_in(watched) == before
    git(watched, "branch", "merged", "main")
    divergence.read()
    shutil.rmtree(watched)
    assert probe.read() is reading


def test_a_branch_that_moved_is_compared_again(
    watched: Path, divergence: DivergenceProbe, probe: CollisionsProbe
) -> None:
    divergence.read()
    probe.read()
    git(watched, "update-ref", "refs/heads/three", "main")
    divergence.read()
    assert [(one.one, one.other) for one in probe.read().collisions] == [("two", "one")]


def test_only_so_many_are_compared(
    settings: Repository, divergence: DivergenceProbe, git_runner: Git, tmp_path: Path
) -> None:
    divergence.read()
    reading = probe_of(settings, divergence, git_runner, tmp_path / "cache", limit=2).read()
    assert [name for name, _ in reading.partners] == ["three", "two"]


def test_without_measurement_there_is_nothing_to_compare(
    settings: Repository, divergence: DivergenceProbe, git_runner: Git, tmp_path: Path
) -> None:
    wanted = Forecast(slice_seconds=1)
    probe = CollisionsProbe(git_runner, settings, divergence, wanted, tmp_path / "cache")
    with pytest.raises(GitError, match="not been measured yet"):
        probe.read()


def test_what_is_remembered_needs_no_git(
    settings: Repository, divergence: DivergenceProbe, probe: CollisionsProbe, tmp_path: Path
) -> None:
    remembered = RememberedCollisions(divergence.read(), settings, 50, tmp_path / "cache")
    assert (remembered.read().pending, remembered.read().partners) == (3, {})
    assert probe.read() == remembered.read()


def test_it_waits_its_turn_with_the_forecast(settings: Repository, tmp_path: Path, git_runner: Git) -> None:
    def lane(**wanted: object) -> list[str]:
        made = Settings(
            state_dir=str(tmp_path),
            repositories=(settings,),
            monitoring=Monitoring(forecast=Forecast(**wanted)),  # type: ignore[arg-type]
        )
        return [task.name for task in tasks_of(made, git_runner) if task.lane is Lane.FORECAST]

    assert lane() == ["forecast", CollisionsReading.probe]
    assert lane(collision_branches=0) == ["forecast"]
    assert lane(enabled=False) == []
