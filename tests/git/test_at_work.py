import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from alignwatch.git.at_work import GitProcess, foreign_git


@pytest.fixture
def importing(repository: Path) -> Iterator[int]:
    """The id of a git that writes into the repository for as long as the test runs."""
    with subprocess.Popen(
        ["git", "-C", str(repository), "fast-import", "--quiet"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        ends = time.monotonic() + 20
        while Path(f"/proc/{process.pid}/cwd").readlink() != repository:
            assert time.monotonic() < ends
            time.sleep(0.01)
        yield process.pid
        process.communicate(b"")


def test_git_of_another_session_is_seen_where_it_stands(repository: Path, importing: int) -> None:
    (found,) = [one for one in foreign_git() if one.pid == importing]
    assert (found.subcommand, found.folder, found.changes) == ("fast-import", str(repository), True)


def test_where_we_may_not_look_its_arguments_say_where(
    repository: Path, importing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: psutil.Process) -> str:
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil.Process, "cwd", refuse)
    (found,) = [one for one in foreign_git() if one.pid == importing]
    assert found.folder == str(repository)


def test_our_own_git_is_no_stranger(repository: Path) -> None:
    command = ["git", "-C", str(repository), "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.pid not in {one.pid for one in foreign_git()}
        process.communicate(b"")


def test_a_folder_holds_what_stands_in_or_below_it() -> None:
    folders = (Path("/srv/app"),)
    assert GitProcess(1, "commit", "/srv/app/src").stands_in(folders)
    assert not GitProcess(1, "commit", "/srv/app-old").stands_in(folders)
    unknown = GitProcess(1, "commit", None)
    assert not unknown.stands_in(folders)
    assert unknown.may_stand_in(folders)
    assert not GitProcess(1, "log", "/srv/app").changes
