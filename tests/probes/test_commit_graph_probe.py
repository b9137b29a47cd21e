import shutil
from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.probes.commit_graph import CommitGraphProbe
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.settings import Repository
from alignwatch.snapshot import CommitGraphReading
from support.fleet import new_fleet
from support.repositories import git


def probe_of(git_runner: Git, path: Path, divergence: DivergenceProbe, tmp_path: Path) -> CommitGraphProbe:
    return CommitGraphProbe(git_runner, path, divergence, tmp_path / "cache", patience=0.01, deadline=30)


def test_a_long_history_gets_a_graph_and_a_short_one_none(
    repository: Path, tmp_path: Path, git_runner: Git
) -> None:
    fleet = new_fleet(tmp_path / "fleet.git", branches=5, commits=2400, empty=True)
    (fleet / "refs" / "heads" / "nowhere").write_text("1" * 40 + "\n")
    found = []
    for path in (fleet, repository):
        divergence = DivergenceProbe(git_runner, Repository(path=str(path)), 30, tmp_path / "cache")
        divergence.read()
        probe = probe_of(git_runner, path, divergence, tmp_path)
        found.append(probe.read().commits)
        assert probe.read().commits == found[-1]
    assert found == [int(git(fleet, "rev-list", "--count", "--branches=*/*", "main")), 0]


def test_nothing_is_written_while_the_branches_are_unknown(tmp_path: Path, git_runner: Git) -> None:
    divergence = DivergenceProbe(git_runner, Repository(path=str(tmp_path)), 1)
    with pytest.raises(GitError, match="not been measured"):
        probe_of(git_runner, tmp_path, divergence, tmp_path).read()


def test_a_history_with_a_hole_gets_none_and_that_is_no_failure(tmp_path: Path, git_runner: Git) -> None:
    fleet = new_fleet(tmp_path / "fleet.git", branches=5, commits=2400, empty=True)
    divergence = DivergenceProbe(git_runner, Repository(path=str(fleet)), 30)
    divergence.read()
    git(fleet, "update-ref", "-d", "refs/heads/main")
    shutil.rmtree(fleet / "objects" / "pack")
    assert probe_of(git_runner, fleet, divergence, tmp_path).read() == CommitGraphReading(0)
    shutil.rmtree(fleet)
    with pytest.raises(GitError, match="no such folder"):
        probe_of(git_runner, fleet, divergence, tmp_path).read()
