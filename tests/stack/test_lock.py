import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.stack.lock import exclusive


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    (tmp_path / "stack").mkdir()
    return tmp_path / "stack" / "lock"


def test_names_its_holder_and_leaves_nothing_behind(lock: Path) -> None:
    with exclusive(lock):
        assert json.loads(lock.read_text())["pid"] == os.getpid()

    assert not lock.exists()


def test_a_second_holder_is_told_who_holds_it_and_what_to_do(lock: Path, tmp_path: Path) -> None:
    expected = rf"{re.escape(str(tmp_path))}: .*process {os.getpid()}, since 20.*Z.*--state-dir"
    with exclusive(lock):
        with pytest.raises(AlignwatchError, match=expected), exclusive(lock):
            pytest.fail("held twice")
        assert lock.exists()
    with exclusive(lock):
        pass


def test_a_holder_that_has_not_signed_yet_is_another_process(lock: Path) -> None:
    with exclusive(lock):
        lock.write_text("")
        with pytest.raises(AlignwatchError, match="another process"), exclusive(lock):
            pytest.fail("held twice")


def test_kill_9_frees_it_though_a_child_lives_on(lock: Path) -> None:
    script = (
        "import sys, os, signal, subprocess\n"
        "from pathlib import Path\n"
        "from alignwatch.stack.lock import exclusive\n"
        "with exclusive(Path(sys.argv[1])):\n"
        "    child = subprocess.Popen(['sleep', '60'], close_fds=False, stdout=subprocess.DEVNULL)\n"
        "    print(child.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, lock], stdout=subprocess.PIPE, check=False)
    child = int(done.stdout)
    try:
        assert lock.exists()
        with exclusive(lock):
            assert json.loads(lock.read_text())["pid"] == os.getpid()
    finally:
        os.kill(child, 9)
    assert not lock.exists()


def test_a_lock_on_a_file_that_was_removed_meanwhile_does_not_count(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open = os.open
    removed: list[Path] = []

    def open_and_lose(path: Path, flags: int, mode: int) -> int:
        descriptor = real_open(path, flags, mode)
        if not removed:
            removed.append(path)
            Path(path).unlink()
        return descriptor

    monkeypatch.setattr(os, "open", open_and_lose)
    with exclusive(lock):
        assert lock.exists()
