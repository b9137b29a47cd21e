from pathlib import Path

from alignwatch.git.locks import KINDS, find_locks
from alignwatch.git.repository import open_repository
from support.repositories import git


def test_each_kind_is_found_where_git_puts_it(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "linked"), "feature/far")
    common = repository / ".git"
    places = {
        common / "HEAD.lock": "HEAD",
        common / "index.lock": "index",
        common / "worktrees" / "linked" / "index.lock": "index",
        common / "config.lock": "config",
        common / "packed-refs.lock": "packed-refs",
        common / "shallow.lock": "shallow",
        common / "gc.pid": "gc",
        common / "objects" / "maintenance.lock": "maintenance",
        common / "objects" / "info" / "commit-graph.lock": "commit-graph",
        common / "objects" / "pack" / "multi-pack-index.lock": "multi-pack-index",
        common / "refs" / "heads" / "feature" / "x.lock": "ref",
    }
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    found = find_locks(open_repository(repository))
    assert {lock.path: lock.kind for lock in found} == places
    assert set(places.values()) == set(KINDS)
    assert all(lock.since == lock.path.stat().st_mtime for lock in found)


def test_a_sound_repository_has_none(repository: Path) -> None:
    assert find_locks(open_repository(repository)) == ()
