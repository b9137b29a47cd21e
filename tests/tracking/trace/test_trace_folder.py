import os
import subprocess
from pathlib import Path

import pytest

from alignwatch.tracking.trace.folder import OVERFLOW, TraceFolder
from support.waiting import wait_until, wait_until_ended


def name_of(pid: int, host: str) -> str:
    return f"20261122T134128.244876Z-H{host}-P{pid:08x}"


@pytest.fixture
def folder(tmp_path: Path) -> TraceFolder:
    return TraceFolder(tmp_path)


@pytest.fixture
def host(tmp_path: Path) -> str:
    """This host, as git calls it."""
    config = tmp_path / "config"
    config.write_text(f"[trace2]\n\teventTarget = {tmp_path}/\n")
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": str(config)}
    subprocess.run(["git", "version"], env=environment, check=True, stdout=subprocess.DEVNULL)
    config.unlink()
    (file,) = tmp_path.iterdir()
    file.unlink()
    return file.name.split("-H")[1][:8]


def test_only_what_git_wrote_is_listed(folder: TraceFolder, host: str) -> None:
    names = [name_of(2, host), name_of(1, host)]
    for name in (*names, OVERFLOW, "notes.txt", ".hidden"):
        (folder.path / name).touch()
    os.mkfifo(folder.path / name_of(3, host))
    (folder.path / name_of(4, host)).symlink_to("/dev/zero")
    assert folder.names() == sorted(names)
    folder.remove([*names, "gone"])
    assert folder.names() == []


def test_lines_that_are_not_whole_yet_are_left_out(folder: TraceFolder) -> None:
    (folder.path / "file").write_bytes(b"one\n" + b"x" * (3 << 20) + b"\ntwo\nthr")
    assert [line for line in folder.lines("file") if len(line) < 1000] == [b"one\n", b"two\n"]
    assert list(folder.lines("gone")) == []


def test_who_is_alive(folder: TraceFolder, host: str) -> None:
    git = subprocess.Popen(
        ["git", "cat-file", "--batch"],
        stdin=subprocess.PIPE,
        cwd=Path(__file__).parent,
        env={**os.environ, "GIT_TRACE2_EVENT": str(folder.path)},
    )
    wait_until(folder.names, "git's file")
    (of_git,) = folder.names()
    others = (git.pid, os.getpid(), (1 << 22) + 1, 0xFFFFFFFF)  # Of git's number, another program, nobody.
    for pid in others:
        (folder.path / name_of(pid, host)).write_bytes(b'{"event":"start"}\n')
    assert [name for name in folder.names() if not folder.has_ended(name)] == [of_git]
    git.kill()
    wait_until_ended(git.pid)
    assert folder.has_ended(of_git)
    git.communicate()
    assert folder.has_ended("no session")
    assert folder.has_ended(name_of(1, host))


def test_who_said_so_has_ended(folder: TraceFolder, host: str) -> None:
    name = name_of(1, "00000000")
    file = folder.path / name
    file.write_bytes(b'{"event":"start"}\n')
    assert not folder.has_ended(name)
    file.write_bytes(b'{"event":"atexit","code":0}\n')
    assert folder.has_ended(name)


def test_a_process_of_another_host_has_ended_when_it_is_long_silent(folder: TraceFolder, host: str) -> None:
    name = name_of(os.getpid(), "00000000")
    (folder.path / name).write_bytes(b"")
    assert not folder.has_ended(name)
    os.utime(folder.path / name, (0, 0))
    assert folder.has_ended(name)


def test_one_reads_at_a_time(folder: TraceFolder) -> None:
    with folder.alone() as first:
        assert first
        with TraceFolder(folder.path).alone() as second:
            assert not second
    with folder.alone() as again:
        assert again


def test_an_overflow_has_a_time(folder: TraceFolder) -> None:
    assert folder.overflowed() is None
    (folder.path / OVERFLOW).touch()
    os.utime(folder.path / OVERFLOW, (1000, 1000))
    assert folder.overflowed() == 1000
