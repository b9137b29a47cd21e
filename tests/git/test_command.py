import os
import shlex
from pathlib import Path

import pytest

from alignwatch.git import command
from alignwatch.git.command import Git, GitError
from support.fake_git import counting_from, fake_git
from support.repositories import ENVIRONMENT, git, new_repository
from support.waiting import wait_until, wait_until_ended


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a fake git makes when it is ready."""
    made = tmp_path / "mark"
    counting_from(made, monkeypatch)
    return made


def reason_of(error: pytest.ExceptionInfo[GitError]) -> str:
    return error.value.reason


def test_says_what_git_said(git_runner: Git, repository: Path) -> None:
    done = git_runner.run(repository, "rev-parse", "main", deadline=10)
    assert done.stdout.decode().strip() == git(repository, "rev-parse", "main")


def test_streams_lines(git_runner: Git, repository: Path) -> None:
    with git_runner.lines(repository, "rev-list", "--stdin", deadline=10, stdin=b"main\n") as lines:
        assert len(list(lines)) == 3


def test_an_unexpected_exit_code_is_an_error_with_gits_first_line(git_runner: Git, repository: Path) -> None:
    with pytest.raises(
        GitError, match=r"app: git rev-parse ended with 128: fatal: Needed a single revision"
    ) as error:
        git_runner.run(repository, "rev-parse", "--verify", "nowhere^{commit}", deadline=10)
    assert reason_of(error) == "git"
    with (
        pytest.raises(GitError, match="ended with 128"),
        git_runner.lines(repository, "rev-list", "nowhere", deadline=10) as lines,
    ):
        assert list(lines) == []


def test_an_expected_exit_code_is_an_answer(git_runner: Git, repository: Path) -> None:
    arguments = ("merge-base", "--is-ancestor", "main", "orphan")
    assert git_runner.run(repository, *arguments, deadline=10, expected=(0, 1)).exit_code == 1


def test_a_missing_folder_and_a_missing_git_say_so(git_runner: Git, repository: Path, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="no such folder") as error:
        git_runner.run(tmp_path / "gone", "status", deadline=10)
    assert reason_of(error) == "missing"
    with pytest.raises(GitError, match="install git") as error:
        Git("no-such-git", ENVIRONMENT).run(repository, "status", deadline=10)
    assert reason_of(error) == "no_git"


def test_a_folder_that_is_no_repository(git_runner: Git, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository") as error:
        git_runner.run(tmp_path, "status", deadline=10)
    assert reason_of(error) == "missing"


def test_a_program_that_is_none(repository: Path, tmp_path: Path) -> None:
    program = tmp_path / "broken-git"
    program.write_bytes(b"\x7fELF nonsense")
    program.chmod(0o755)
    with pytest.raises(GitError, match="could not be started"):
        Git(str(program), ENVIRONMENT).run(repository, "status", deadline=10)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_repository_names_the_remedy(git_runner: Git, tmp_path: Path) -> None:
    path = new_repository(tmp_path / "it's $(touch here)")
    for one in (path, path / ".git"):
        os.chown(one, 4242, 4242)
    with pytest.raises(GitError) as error:
        git_runner.run(path, "status", deadline=10)
    assert reason_of(error) == "ownership"
    _, _, remedy = str(error.value).partition("run: ")
    assert shlex.split(remedy) == ["git", "config", "--global", "--add", "safe.directory", str(path)]


def test_a_git_that_hangs_is_killed_with_its_children(repository: Path, tmp_path: Path, mark: Path) -> None:
    hanging = fake_git(tmp_path, f"sleep 600 & echo $! > {tmp_path}/child; : > {mark}; wait")
    with pytest.raises(GitError, match=r"did not end within 0\.2 s") as error:
        hanging.run(repository, "status", deadline=0.2)
    assert reason_of(error) == "timeout"
    wait_until_ended(int((tmp_path / "child").read_text()))


def test_a_stream_that_hangs_is_killed(repository: Path, tmp_path: Path, mark: Path) -> None:
    hanging = fake_git(tmp_path, f"echo one; : > {mark}; sleep 600")
    with (
        pytest.raises(GitError, match="did not end within"),
        hanging.lines(repository, "rev-list", deadline=0.2) as lines,
    ):
        assert list(lines) == [b"one\n"]


def test_leaving_a_stream_early_ends_git(repository: Path, tmp_path: Path) -> None:
    endless = fake_git(tmp_path, f"echo $$ > {tmp_path}/pid; yes")

    class EnoughError(Exception):
        pass

    with pytest.raises(EnoughError), endless.lines(repository, "rev-list", deadline=10) as lines:
        next(lines)
        raise EnoughError
    wait_until_ended(int((tmp_path / "pid").read_text()))


def test_closing_ends_what_runs_and_starts_nothing_more(repository: Path, tmp_path: Path) -> None:
    import threading

    hanging = fake_git(tmp_path, f"echo $$ > {tmp_path}/pid; sleep 600")
    errors: list[GitError] = []

    def run() -> None:
        try:
            hanging.run(repository, "status", deadline=600)
        except GitError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    pid = tmp_path / "pid"
    wait_until(lambda: pid.exists() and pid.read_text(), "git")
    hanging.close()
    thread.join(10)
    assert len(errors) == 1
    with pytest.raises(GitError, match="shutting down"):
        hanging.run(repository, "status", deadline=10)


def test_a_watched_repository_cannot_make_us_run_anything(git_runner: Git, repository: Path) -> None:
    trap = repository / "trap"
    hook = f"touch {trap}"
    for key in ("core.fsmonitor", "core.pager", "core.askPass", "credential.helper", "core.sshCommand"):
        git(repository, "config", key, hook)
    hooks = repository / ".git" / "hooks"
    for name in ("post-index-change", "reference-transaction", "post-checkout", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\n{hook}\n")
        (hooks / name).chmod(0o755)
    git(repository, "config", "core.hooksPath", str(hooks))
    git(repository, "config", "alias.for-each-ref", f"!{hook}")
    for arguments in (("status",), ("for-each-ref",), ("log", "-1"), ("count-objects", "-v"), ("fsck",)):
        git_runner.run(repository, *arguments, deadline=10)
    assert not trap.exists()


def test_status_takes_no_lock_and_leaves_the_index_alone(git_runner: Git, repository: Path) -> None:
    git(repository, "checkout", "--quiet", "main")
    index = repository / ".git" / "index"
    os.utime(repository / "file-m0")
    before = index.read_bytes()
    git_runner.run(repository, "status", deadline=10)
    assert index.read_bytes() == before


def test_the_callers_git_variables_do_not_reach_git(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(tmp_path / "trace"))
    assert Git().run(repository, "rev-parse", "main", deadline=10).exit_code == 0
    assert not (tmp_path / "trace").exists()


def test_git_of_a_run_keeps_its_descriptors_and_its_process_group(tmp_path: Path) -> None:
    program = tmp_path / "git"
    program.write_text('#!/bin/sh\nls -l /proc/$$/fd; echo "group $(ps -o pgid= -p $$)"\n')
    program.chmod(0o755)
    with (tmp_path / "lock").open("w") as lock:
        runner = Git(str(program), ENVIRONMENT, inherited=(lock.fileno(),))
        said = runner.run(tmp_path, "version", deadline=20).stdout.decode()
    assert str(tmp_path / "lock") in said
    assert f"group {os.getpgrp()}" in " ".join(said.split())


def test_git_of_a_run_is_asked_to_end_before_it_is_killed(
    tmp_path: Path, mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "git"
    trap = "trap 'echo tidied > tidied; exit' TERM"
    program.write_text(f"#!/bin/sh\n{trap}\n: > {mark}\nwhile :; do sleep 0.05; done\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "_GRACE", 60.0)
    runner = Git(str(program), ENVIRONMENT, inherited=())
    with pytest.raises(GitError, match="did not end within"):
        runner.run(tmp_path, "gc", deadline=0.2)
    assert (tmp_path / "tidied").exists()


def test_git_of_a_run_that_does_not_listen_is_killed(
    tmp_path: Path, mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "git"
    ready = f"trap '' TERM\necho $$ > pid\n: > {mark}"
    program.write_text(f"#!/bin/sh\n{ready}\nwhile :; do sleep 0.05; done\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "_GRACE", 0.2)
    runner = Git(str(program), ENVIRONMENT, inherited=())
    with pytest.raises(GitError, match="did not end within"):
        runner.run(tmp_path, "gc", deadline=0.2)
    wait_until_ended(int((tmp_path / "pid").read_text()))
