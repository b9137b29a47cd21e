"""Real damage, and what ``git fsck`` makes of it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.git.fsck import fsck
from support.fake_git import fake_git
from support.repositories import git, import_history, linear, new_repository


def loose(repository: Path, revision: str) -> Path:
    oid = git(repository, "rev-parse", revision)
    path = repository / ".git" / "objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    return path


def pack(repository: Path, suffix: str = "pack") -> Path:
    git(repository, "repack", "-adq")
    (path,) = (repository / ".git" / "objects" / "pack").glob(f"*.{suffix}")
    path.chmod(0o644)
    return path


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 0xFF
    path.write_bytes(data)


def damage_commit_graph(repository: Path) -> None:
    git(repository, "commit-graph", "write", "--reachable")
    graph = repository / ".git" / "objects" / "info" / "commit-graph"
    graph.chmod(0o644)
    flip(graph, graph.stat().st_size - 30)


DAMAGE: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "altered object": (lambda at: loose(at, "main:file-m1").write_bytes(b"nonsense"), {"object"}),
    "empty commit": (lambda at: loose(at, "main~1").write_bytes(b""), {"object"}),
    "missing blob": (lambda at: loose(at, "main:file-m1").unlink(), {"reachability"}),
    "missing tree": (lambda at: loose(at, "main~1^{tree}").unlink(), {"reachability"}),
    "missing parent": (lambda at: loose(at, "main~1").unlink(), {"reachability"}),
    "truncated pack": (lambda at: pack(at).write_bytes(pack(at).read_bytes()[:-40]), {"pack"}),
    "flipped byte in a pack": (lambda at: flip(pack(at), 200), {"pack"}),
    "ref to nowhere": (
        lambda at: (at / ".git" / "refs" / "heads" / "nowhere").write_text("1" * 40 + "\n"),
        {"reachability"},
    ),
    "broken commit-graph": (damage_commit_graph, {"commit_graph"}),
    "broken index": (lambda at: (at / ".git" / "index").write_bytes(b"nonsense" * 20), {"index"}),
}


@pytest.fixture
def loose_repository(tmp_path: Path) -> Path:
    made = new_repository(tmp_path / "loose")
    git(made, "config", "fastimport.unpackLimit", "1000")
    import_history(made, linear("m", 4), {"main": "m3"})
    git(made, "checkout", "--quiet", "main")
    return made


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_and_named(loose_repository: Path, git_runner: Git, damage: str) -> None:
    do_harm, kinds = DAMAGE[damage]
    do_harm(loose_repository)
    reading = fsck(git_runner, loose_repository, 60, full=True)
    assert reading.exit_code != 0
    assert {kind for kind, found in reading.problems.items() if found} >= kinds
    assert reading.messages


def test_a_sound_repository_with_dangling_objects_is_sound(loose_repository: Path, git_runner: Git) -> None:
    git(loose_repository, "hash-object", "-w", "--stdin", stdin=b"dangling")
    for full in (True, False):
        reading = fsck(git_runner, loose_repository, 60, full=full)
        assert (reading.exit_code, any(reading.problems.values())) == (0, False)


def test_a_repository_that_cannot_be_opened_is_not_known_to_be_damaged(
    loose_repository: Path, git_runner: Git
) -> None:
    (loose_repository / ".git" / "HEAD").rename(loose_repository / "HEAD")
    with pytest.raises(GitError) as raised:
        fsck(git_runner, loose_repository, 60, full=False)
    assert raised.value.reason == "missing"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give things away")
def test_nor_is_another_users(loose_repository: Path, git_runner: Git) -> None:
    os.chown(loose_repository, 65534, 65534)
    os.chown(loose_repository / ".git", 65534, 65534)
    with pytest.raises(GitError) as raised:
        fsck(git_runner, loose_repository, 60, full=False)
    assert raised.value.reason == "ownership"


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (
            "echo 'error: unable to open .git/objects/aa/bb: Permission denied' >&2; exit 3",
            "Permission denied",
        ),
        ("echo 'fatal: Out of memory, malloc failed' >&2; exit 128", "Out of memory"),
        ("kill -9 $$", "it was killed"),
    ],
)
def test_nor_is_what_git_could_not_look_at(
    loose_repository: Path, tmp_path: Path, does: str, why: str
) -> None:
    hindered = fake_git(tmp_path, f'case "$*" in *fsck*) {does};; esac; exec git "$@"')
    with pytest.raises(GitError, match=why):
        fsck(hindered, loose_repository, 60, full=True)
