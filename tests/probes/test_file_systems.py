import ctypes
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from alignwatch.probes import file_systems
from alignwatch.probes.file_systems import FileSystemsProbe

MNT_FORCE_AND_DETACH = 3


def test_a_folder_is_on_the_file_system_it_is_on(tmp_path: Path) -> None:
    (seen,) = FileSystemsProbe([tmp_path], 10).read().file_systems
    figures = os.statvfs(tmp_path)
    assert Path(seen.mountpoint).is_mount()
    assert tmp_path.resolve().is_relative_to(seen.mountpoint)
    assert seen.size == figures.f_blocks * figures.f_frsize
    assert seen.size >= seen.free >= seen.available
    assert seen.files == figures.f_files >= seen.files_free


def test_a_link_leads_to_the_file_system_of_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/proc/self/fd")
    (seen,) = FileSystemsProbe([tmp_path / "link"], 10).read().file_systems
    assert seen.mountpoint == "/proc"
    assert seen.used_ratio == 0


def test_each_file_system_comes_once(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    seen = FileSystemsProbe([tmp_path, tmp_path / "a", tmp_path / "a" / "b", Path("/proc")], 10).read()
    assert len(seen.file_systems) == 2
    assert seen.failed == ()


def test_a_missing_folder_is_named_and_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    missing = (tmp_path / "gone", tmp_path / "loop")
    seen = FileSystemsProbe([*missing, tmp_path], 10).read()
    assert seen.failed == tuple(map(str, missing))
    assert len(seen.file_systems) == 1


def test_a_folder_that_appears_is_seen_at_the_next_look(tmp_path: Path) -> None:
    probe = FileSystemsProbe([tmp_path / "later"], 10)
    assert probe.read().failed == (str(tmp_path / "later"),)
    (tmp_path / "later").mkdir()
    assert probe.read().failed == ()


def wait_for_look(folder: Path) -> None:
    for thread in threading.enumerate():
        if thread.name == f"file system of {folder}":
            thread.join(60)


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders whose looks are over before any time counts, however busy this machine is."""
    folders = [tmp_path]

    def now() -> float:
        for folder in folders:
            wait_for_look(folder)
        return time.monotonic()

    monkeypatch.setattr(file_systems, "time", SimpleNamespace(monotonic=now))
    return folders


def test_a_stuck_look_hides_no_other_and_is_not_begun_again(
    tmp_path: Path, sound: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()
    asked: Counter[Path] = Counter()
    statvfs = os.statvfs

    def ask(path: Path) -> os.statvfs_result:
        asked[path] += 1
        if path == Path("/proc"):
            answer.wait()
        return statvfs(path)

    monkeypatch.setattr(os, "statvfs", ask)
    probe = FileSystemsProbe([Path("/proc"), tmp_path], 0.2)
    for _ in range(3):
        seen = probe.read()
        assert seen.failed == ("/proc",)
        assert len(seen.file_systems) == 1
    assert asked[Path("/proc")] == 1
    answer.set()
    wait_for_look(Path("/proc"))
    sound.append(Path("/proc"))
    assert probe.read().failed == ()


@pytest.fixture
def hung_mount(tmp_path: Path) -> Iterator[Path]:
    """A FUSE mount whose server never answers: whoever looks at it waits for ever."""
    folder = tmp_path / "hung"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        server = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"no FUSE here: {error}")
    try:
        options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
        if libc.mount(b"hung", os.fsencode(folder), b"fuse", 0, options) != 0:
            pytest.skip(f"may not mount: {os.strerror(ctypes.get_errno())}")
        yield folder
        libc.umount2(os.fsencode(folder), MNT_FORCE_AND_DETACH)
    finally:
        os.close(server)


@pytest.mark.usefixtures("sound")
def test_a_mount_that_hangs_hides_no_other(hung_mount: Path, tmp_path: Path) -> None:
    probe = FileSystemsProbe([hung_mount, tmp_path], 0.2)
    for _ in range(2):
        seen = probe.read()
        assert seen.failed == (str(hung_mount),)
        assert len(seen.file_systems) == 1
