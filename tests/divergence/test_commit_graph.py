"""Our commit-graph makes walks quicker and nothing else different, and the repository stays as it is."""

import os
import random
from pathlib import Path

import pytest

from alignwatch.divergence.commit_graph import CommitGraph
from alignwatch.divergence.measurer import Measured, Measurer
from alignwatch.git.command import Git, GitError
from alignwatch.git.commit_graph_file import commits_in
from alignwatch.git.revisions import compare, walk
from support.fake_git import fake_git
from support.files import version
from support.fleet import new_fleet
from support.repositories import everything_in, git

COMMITS = 2400


@pytest.fixture(scope="module")
def _fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_fleet(tmp_path_factory.mktemp("fleet") / "made.git", branches=12, commits=COMMITS, empty=True)


@pytest.fixture
def fleet(_fleet: Path, tmp_path: Path) -> Path:
    """Enough commits for a graph."""
    git(tmp_path, "clone", "--quiet", "--mirror", "--no-hardlinks", str(_fleet), "fleet.git")
    return tmp_path / "fleet.git"


def tips(repository: Path) -> list[str]:
    return git(repository, "for-each-ref", "--format=%(objectname)", "refs/heads").split()


def graph_of(tmp_path: Path, fleet: Path) -> CommitGraph:
    return CommitGraph(fleet, tmp_path / "cache")


def file_of(tmp_path: Path) -> Path:
    found = list((tmp_path / "cache").glob("commit-graph-*/objects/info/commit-graph"))
    return found[0] if found else tmp_path / "none"


def refresh(graph: CommitGraph, git_runner: Git, fleet: Path, commits: int = COMMITS) -> int:
    """Writes it if it is wanted; the repository does not change by a byte."""
    before = everything_in(fleet)
    try:
        return graph.refresh(git_runner, tips(fleet), commits, 60)
    finally:
        assert everything_in(fleet) == before


def test_git_uses_it_and_finds_the_same(tmp_path: Path, fleet: Path, git_runner: Git) -> None:
    graph = graph_of(tmp_path, fleet)
    assert graph.environment() == {}
    written = refresh(graph, git_runner, fleet)
    assert written == commits_in(file_of(tmp_path)) == int(git(fleet, "rev-list", "--all", "--count"))
    main = git(fleet, "rev-parse", "main")
    pairs = [(tip, main) for tip in tips(fleet)]
    assert walk(git_runner, fleet, pairs, 60, graph.environment()) == walk(git_runner, fleet, pairs, 60)
    for pair in pairs:
        assert compare(git_runner, fleet, pair, 60, graph.environment()) == compare(
            git_runner, fleet, pair, 60
        )


def test_it_is_left_alone_until_much_is_lacking(tmp_path: Path, fleet: Path, git_runner: Git) -> None:
    graph = graph_of(tmp_path, fleet)
    assert refresh(graph, git_runner, fleet, commits=500) == 0
    written = refresh(graph, git_runner, fleet)
    before = version(file_of(tmp_path))
    assert refresh(graph, git_runner, fleet, commits=COMMITS + 100) == written
    assert version(file_of(tmp_path)) == before
    assert refresh(graph, git_runner, fleet, commits=COMMITS * 2) == written
    assert version(file_of(tmp_path)) != before


@pytest.mark.parametrize("options", [(), ("--split",)])
def test_the_repositorys_own_is_enough(
    tmp_path: Path, fleet: Path, git_runner: Git, options: tuple[str, ...]
) -> None:
    graph = graph_of(tmp_path, fleet)
    assert refresh(graph, git_runner, fleet) > 0
    git(fleet, "commit-graph", "write", "--reachable", *options)
    assert refresh(graph, git_runner, fleet) == 0
    assert graph.environment() == {}


def alter(fleet: Path, how: str) -> None:
    """Makes the history of main end at its second commit from the top, in one of three ways."""
    last = git(fleet, "rev-parse", "main~1")
    match how:
        case "replaced":
            git(fleet, "replace", "--graft", last)
        case "grafted":
            (fleet / "info").mkdir(exist_ok=True)
            (fleet / "info" / "grafts").write_text(f"{last}\n")
        case "shallow":
            (fleet / "shallow").write_text(f"{last}\n")


@pytest.mark.parametrize("how", ["replaced", "grafted", "shallow"])
def test_where_history_looks_otherwise_it_is_not_heeded(
    tmp_path: Path, fleet: Path, git_runner: Git, how: str
) -> None:
    before, after = graph_of(tmp_path / "before", fleet), graph_of(tmp_path / "after", fleet)
    refresh(before, git_runner, fleet)
    alter(fleet, how)
    refresh(after, git_runner, fleet)
    main = git(fleet, "rev-parse", "main")
    pairs = [(tip, main) for tip in tips(fleet)]
    expected = walk(git_runner, fleet, pairs, 60)
    assert expected.drifts[main, main].ahead == 0
    assert expected.commits < COMMITS
    for graph in (before, after):
        assert walk(git_runner, fleet, pairs, 60, graph.environment()) == expected


def test_long_hashes(tmp_path: Path, git_runner: Git) -> None:
    made = new_fleet(tmp_path / "long.git", branches=3, commits=COMMITS, empty=True, sha256=True)
    graph = CommitGraph(made, tmp_path / "cache")
    assert refresh(graph, git_runner, made) > 0
    assert CommitGraph(made, tmp_path / "cache").environment() != {}


def flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_one_goes_and_comes_back(tmp_path: Path, fleet: Path, git_runner: Git, seed: int) -> None:
    chance = random.Random(seed)
    written = refresh(graph_of(tmp_path, fleet), git_runner, fleet)
    file = file_of(tmp_path)
    data = file.read_bytes()
    damaged = [b"", data[:5], data[: chance.randrange(len(data))], data + b"x", b"0" * len(data)]
    file.chmod(0o644)
    file.write_bytes(damaged[seed] if seed < len(damaged) else flip(data, chance))
    graph = graph_of(tmp_path, fleet)
    assert graph.environment() == {}
    assert not file.exists()
    assert refresh(graph, git_runner, fleet) == written
    assert graph.environment() != {}


def test_one_that_was_sound_and_is_written_over_is_looked_at_again(
    tmp_path: Path, fleet: Path, git_runner: Git
) -> None:
    graph = graph_of(tmp_path, fleet)
    refresh(graph, git_runner, fleet)
    assert graph.environment() == graph.environment() != {}
    file_of(tmp_path).chmod(0o644)
    file_of(tmp_path).write_bytes(b"CGPH nonsense" * 1000)
    assert graph.environment() == {}


def test_what_a_killed_git_left_does_not_stop_the_next(tmp_path: Path, fleet: Path, git_runner: Git) -> None:
    graph = graph_of(tmp_path, fleet)
    refresh(graph, git_runner, fleet)
    graph.discard()
    (file_of(tmp_path) if file_of(tmp_path).exists() else _info(tmp_path) / "commit-graph.lock").touch()
    assert refresh(graph, git_runner, fleet) > 0
    assert sorted(file.name for file in _info(tmp_path).iterdir()) == ["alternates", "commit-graph"]


def _info(tmp_path: Path) -> Path:
    return next((tmp_path / "cache").glob("commit-graph-*/objects/info"))


def test_a_repository_that_was_moved_gets_another(tmp_path: Path, fleet: Path, git_runner: Git) -> None:
    link = tmp_path / "link"
    link.symlink_to(fleet)
    graph = CommitGraph(link, tmp_path / "cache")
    assert refresh(graph, git_runner, fleet) > 0
    fleet.rename(tmp_path / "elsewhere.git")
    link.unlink()
    link.symlink_to(tmp_path / "elsewhere.git")
    assert CommitGraph(link, tmp_path / "cache").environment() == {}


def test_a_name_that_git_would_take_apart(tmp_path: Path, git_runner: Git) -> None:
    made = new_fleet(tmp_path / 'a:b"\n#c', branches=3, commits=COMMITS, empty=True)
    graph = CommitGraph(made, tmp_path / os.fsdecode(b"caf\xe9:x"))
    assert refresh(graph, git_runner, made) > 0
    main = git(made, "rev-parse", "main")
    assert walk(git_runner, made, [(main, main)], 10, graph.environment()).commits > 0


def test_a_hole_in_the_history_that_came_later_shows_that_git_reads_it(
    tmp_path: Path, fleet: Path, git_runner: Git
) -> None:
    graph = graph_of(tmp_path, fleet)
    refresh(graph, git_runner, fleet)
    missing, main = git(fleet, "rev-parse", "main~5"), git(fleet, "rev-parse", "main")
    expected = walk(git_runner, fleet, [(main, main)], 60)
    data = next((fleet / "objects" / "pack").glob("*.pack")).read_bytes()
    for file in (fleet / "objects" / "pack").iterdir():
        file.unlink()
    git(fleet, "unpack-objects", "-q", stdin=data)
    (fleet / "objects" / missing[:2] / missing[2:]).unlink()
    assert walk(git_runner, fleet, [(main, main)], 60, graph.environment()) == expected
    graph.discard()
    with pytest.raises(GitError):
        refresh(graph, git_runner, fleet)
    assert graph.environment() == {}


def look(git_runner: Git, fleet: Path, tmp_path: Path) -> Measured:
    pairs = [(tip, git(fleet, "rev-parse", "main")) for tip in tips(fleet)]
    return Measurer(git_runner, fleet, tmp_path / "cache").measure(pairs, tips(fleet), "", 60)


def test_the_measurer_uses_it_and_does_without_where_git_fails_with_it(
    tmp_path: Path, fleet: Path, git_runner: Git
) -> None:
    expected = look(git_runner, fleet, tmp_path / "other")
    refresh(graph_of(tmp_path, fleet), git_runner, fleet)
    log = tmp_path / "log"
    noting = fake_git(tmp_path, f'echo "$GIT_OBJECT_DIRECTORY" >> {log}\nexec git "$@"')
    assert look(noting, fleet, tmp_path).drifts == expected.drifts
    assert set(log.read_text().splitlines()) == {str(file_of(tmp_path).parents[1])}

    for file in (tmp_path / "cache").glob("divergence-*"):
        file.unlink()
    failing = fake_git(tmp_path, '[ "$GIT_OBJECT_DIRECTORY" ] && exit 139\nexec git "$@"')
    assert look(failing, fleet, tmp_path).drifts == expected.drifts
    assert not file_of(tmp_path).exists()
