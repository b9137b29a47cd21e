import os
from pathlib import Path

import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.operation import Kind
from alignwatch.tracking.trace.memory import Memory, MemoryFile
from alignwatch.tracking.trace.pending import Pending

PENDING = Pending(
    operation_id="a/b",
    repository="app",
    primaries=("main", "scientific"),
    kind=Kind.CHERRY_PICK,
    worktree="/srv/caf\udce9",
    sequencer="cherry-pick",
    git_dir="/srv/caf\udce9/.git",
    common_dir="/srv/caf\udce9/.git",
    named="",
    other="main",
    started=1.5,
    ended=2.5,
    working=0.5,
    exit_code=None,
    several=False,
    stopped=True,
)
MEMORY = Memory((PENDING,), ("one", "two"), {"/srv/caf\udce9": "/srv/app/.git"}, {"/srv/app/.git": 7})


def test_what_is_remembered_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    assert MemoryFile(path).load() == Memory()
    first = MemoryFile(path)
    first.save(MEMORY)
    assert first.load() == MemoryFile(path).load() == MEMORY
    assert first.load() is first.load()
    assert path.stat().st_mode & 0o777 == 0o600
    MemoryFile(path).save(Memory())
    assert first.load() == Memory()


def test_a_version_of_the_same_file_time_and_size_is_another(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    file = MemoryFile(path)
    file.save(Memory(claimed={"/git": 7}))
    status = path.stat()
    assert file.load().claimed == {"/git": 7}
    path.write_bytes(path.read_bytes().replace(b"7", b"8"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert file.load().claimed == {"/git": 8}


def test_only_the_newest_work_trees_are_remembered(tmp_path: Path) -> None:
    file = MemoryFile(tmp_path / "memory.json")
    file.save(Memory(worktrees={f"/{number}": "/git" for number in range(3000)}))
    assert list(file.load().worktrees)[-1] == "/2999"
    assert len(file.load().worktrees) == 1000


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pending":[{}]}', b"\xff", b"[" * 100_000])
def test_what_is_not_ours_is_put_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "memory.json"
    path.write_bytes(content)
    file = MemoryFile(path)
    with pytest.raises(AlignwatchError, match=r"put aside as memory\.json\.corrupt"):
        file.load()
    assert (tmp_path / "memory.json.corrupt").read_bytes() == content
    assert file.load() == Memory()
