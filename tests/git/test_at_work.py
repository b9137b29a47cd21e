import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from alignwatch.git.at_work import GitProcess, foreign_git
from alignwatch.git.call import git_call
from alignwatch.git.command import Git
from support.repositories import ENVIRONMENT
from support.waiting import wait_until


@pytest.fixture
def importing(repository: Path) -> Iterator[int]:
    """The id of a git that writes into the repository for as long as the test runs."""
    with subprocess.Popen(
        ["git", "-C", str(repository), "fast-import", "--quiet"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        wait_until(lambda: Path(f"/proc/{process.pid}/cwd").readlink() == repository, "git")
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


def test_a_git_of_our_own_terminal_is_seen(repository: Path) -> None:
    command = ["git", "-C", str(repository), "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        wait_until(lambda: process.pid in {one.pid for one in foreign_git()}, "git to be seen")
        process.communicate(b"")


def test_what_only_looks_for_us_is_no_stranger_to_any_of_our_processes(
    repository: Path, tmp_path: Path
) -> None:
    program, questions = tmp_path / "looking", tmp_path / "questions"
    os.mkfifo(questions)
    program.write_text(f"#!/bin/sh\necho $$\nexec git cat-file --batch < {questions}\n")
    program.chmod(0o755)

    class EnoughError(Exception):
        pass

    with (
        questions.open("r+b", buffering=0),
        pytest.raises(EnoughError),
        Git(str(program), ENVIRONMENT).lines(repository, deadline=60) as lines,
    ):
        pid = int(next(lines))
        wait_until(lambda: git_call(psutil.Process(pid).cmdline()), "git")
        assert pid not in {one.pid for one in foreign_git()}
        raise EnoughError


def test_what_a_run_has_started_is_its_own(repository: Path) -> None:
    script = (
        "import subprocess, sys\n"
        "from alignwatch.git.at_work import foreign_git\n"
        "command, pipe = ['git', '-C', sys.argv[1], 'fast-import', '--done'], subprocess.PIPE\n"
        "one = subprocess.Popen(command, stdin=pipe, stdout=pipe)\n"
        "one.stdin.write(b'progress ready\\n'); one.stdin.flush()\n"
        "assert one.stdout.readline() == b'progress ready\\n'\n"
        "print(one.pid in {git.pid for git in foreign_git()})\n"
        "one.kill()\n"
    )
    command = [sys.executable, "-c", script, str(repository)]
    said = {leads: subprocess.check_output(command, start_new_session=leads) for leads in (True, False)}
    assert said == {True: b"False\n", False: b"True\n"}


def test_a_folder_holds_what_stands_in_or_below_it() -> None:
    folders = (Path("/srv/app"),)
    assert GitProcess(1, "commit", "/srv/app/src").stands_in(folders)
    assert not GitProcess(1, "commit", "/srv/app-old").stands_in(folders)
    unknown = GitProcess(1, "commit", None)
    assert not unknown.stands_in(folders)
    assert unknown.may_stand_in(folders)
    assert not GitProcess(1, "log", "/srv/app").changes
