"""``alignwatch track`` as a person or a script calls it."""

import json
import os
import resource
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alignwatch.cli import track as verb
from alignwatch.journal.running import BRIEF_SECONDS
from alignwatch.journal.store import Journal, RegisteredRepository
from alignwatch.state_dir import journal_path
from alignwatch.tracking.trace.mark import is_marked
from support.journals import query
from support.repositories import Commit, git, import_history, new_repository
from support.tracked import commit, environment, journal_file, recorded, start, track
from support.waiting import wait_until


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """On ``x``; ``main`` conflicts with it, ``easy`` does not."""
    made = new_repository(tmp_path / "app")
    history = [
        Commit("base"),
        Commit("m", ["base"], {"f": "main"}),
        Commit("x", ["base"], {"f": "x"}),
        Commit("e", ["base"], {"g": "easy"}),
    ]
    import_history(made, history, {"main": "m", "x": "x", "easy": "e", "old": "base"})
    git(made, "checkout", "--quiet", "x")
    return made


def test_a_rebase_is_recorded_with_all_that_was_said_about_it(app: Path) -> None:
    before = time.time()
    arguments = ("--operation", "rebase", "--branch", "x", "--target", "easy", "--", "git", "rebase", "easy")
    assert track(app, *arguments) == 0
    assert git(app, "rev-parse", "x~1", "easy").split()[0] == git(app, "rev-parse", "easy")
    columns = ("repository", "operation", "branch", "target", "outcome", "exit_code", "source")
    assert recorded(*columns) == [("app", "rebase", "x", "easy", "success", 0, "track")]
    ((started, ended, duration, cpu, memory),) = recorded(
        "started", "ended", "duration", "cpu_seconds", "peak_memory_bytes"
    )
    assert before <= started <= ended <= time.time()
    assert 0 < duration == pytest.approx(ended - started, abs=1e-5)
    assert 0 < cpu < 10
    assert memory > 1 << 20


def test_outcomes_are_what_git_left_behind(app: Path) -> None:
    for expected, *command in (
        (1, "git", "rebase", "main"),
        (128, "git", "rebase", "easy"),
        (1, "git", "rebase", "--continue"),
        (0, "git", "rebase", "--abort"),
        (0, "git", "merge", "old"),
        (1, "git", "merge", "main"),
        (0, "git", "merge", "--abort"),
        (0, "git", "merge", "--no-commit", "easy"),
        (0, "git", "merge", "--abort"),
        (1, "git", "merge", "no-such-branch"),
        (0, "git", "cherry-pick", "easy"),
        (0, "git", "cherry-pick", "--no-commit", "old"),
        (0, "git", "reset", "--hard"),
        (1, "git", "cherry-pick", "main"),
        (0, "git", "cherry-pick", "--abort"),
        (0, "git", "revert", "--no-edit", "HEAD"),
        (0, "git", "rebase", "old"),
        (3, "sh", "-c", "exit 3"),
        (0, "true"),
    ):
        assert track(app, "--", *command) == expected, command
    assert recorded("operation", "outcome") == [
        ("rebase", "conflict"),
        ("rebase", "failed"),
        ("rebase", "conflict"),
        ("rebase", "aborted"),
        ("merge", "not_needed"),
        ("merge", "conflict"),
        ("merge", "aborted"),
        ("merge", "paused"),
        ("merge", "aborted"),
        ("merge", "failed"),
        ("cherry-pick", "success"),
        ("cherry-pick", "paused"),
        ("align", "success"),
        ("cherry-pick", "conflict"),
        ("cherry-pick", "aborted"),
        ("revert", "success"),
        ("rebase", "not_needed"),
        ("align", "failed"),
        ("align", "success"),
    ]
    assert set(recorded("branch")) == {"x"}


def test_a_linked_work_tree_is_looked_at_where_its_state_is(app: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(app, "worktree", "add", "--quiet", str(linked), "main")
    assert track(linked, "--", "git", "merge", "x") == 1
    assert recorded("repository", "branch", "outcome") == [("app", "main", "conflict")]


def test_a_watched_repository_has_its_configured_name_and_default_target(app: Path) -> None:
    with Journal(journal_file()) as journal:
        journal.register_repositories(
            [RegisteredRepository("application", app, app / ".git", ("scientific", "main"))]
        )
    assert track(app, "--", "git", "cherry-pick", "easy") == 0
    assert track(app, "--", "true") == 0
    assert recorded("repository", "target") == [("application", "scientific")] * 2


def test_a_target_that_git_is_told_is_the_target(app: Path) -> None:
    git(app, "update-ref", "refs/remotes/origin/main", "easy")
    with Journal(journal_file()) as journal:
        journal.register_repositories([RegisteredRepository("app", app, app / ".git", ("main",))])
    for command in ("merge origin/main", "rebase --onto main HEAD~1", "rebase --abort", "merge HEAD~2"):
        track(app, "--", "git", *command.split())
    git(app, "checkout", "--quiet", "main")
    track(app, "--", "git", "merge", "easy")
    track(app, "--target", "easy", "--", "git", "merge", "old")
    track(app, "--branch", "main", "--", "git", "merge", "old")
    assert recorded("branch", "target") == [
        ("x", "main"),
        ("x", "main"),
        ("x", "main"),
        ("x", "main"),
        ("easy", "main"),
        ("main", "easy"),
        ("main", "old"),
    ]


def test_the_tips_are_kept_as_evidence(app: Path) -> None:
    columns = ("tip_before", "tip_after", "target_before", "target_tip", "left_in_progress")
    before, main, easy = git(app, "rev-parse", "x", "main", "easy").split()
    git(app, "pack-refs", "--all")
    assert track(app, "--", "git", "rebase", "easy") == 0
    after = git(app, "rev-parse", "x")
    assert track(app, "--", "git", "rebase", "main") == 1
    assert track(app, "--", "git", "rebase", "--continue") == 1
    assert track(app, "--", "git", "rebase", "--abort") == 0
    git(app, "checkout", "--quiet", "--detach", "main")
    assert track(app, "--branch", "x", "--target", "main", "--", "true") == 0
    assert track(app, "--", "git", "merge", "easy") == 0
    assert recorded(*columns) == [
        (before, after, easy, easy, 0),
        (after, after, main, main, 1),
        (after, after, None, None, 1),
        (after, after, None, None, 0),
        (after, after, main, main, 0),
        (None, None, easy, easy, 0),
    ]


def test_a_branch_that_lands_on_a_primary_is_what_is_aligned(app: Path) -> None:
    with Journal(journal_file()) as journal:
        journal.register_repositories([RegisteredRepository("app", app, app / ".git", ("main",))])
    git(app, "checkout", "--quiet", "main")
    easy, before = git(app, "rev-parse", "easy", "main").split()
    assert track(app, "--", "git", "merge", "easy") == 0
    main = git(app, "rev-parse", "main")
    assert track(app, "--", "git", "merge", "easy") == 0
    columns = ("branch", "target", "outcome", "tip_before", "tip_after", "target_before", "target_tip")
    assert recorded(*columns) == [
        ("easy", "main", "success", easy, easy, before, main),
        ("easy", "main", "not_needed", easy, easy, main, main),
    ]


def test_what_a_pull_brings_is_not_what_the_local_branch_has(app: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--branch", "x", str(app), str(clone))
    assert track(clone, "--", "git", "pull", "--quiet", "--rebase", "origin", "easy") == 0
    assert recorded("branch", "target", "target_before", "target_tip") == [("x", "easy", None, None)]


def test_what_takes_longer_than_a_second_is_seen_while_it_runs(app: Path) -> None:
    began = time.monotonic()
    process = start(app, "--", "sh", "-c", "read line", stdin=subprocess.PIPE)
    with Journal(journal_file()) as journal:
        wait_until(lambda: bool(journal.read(300, 0).running), "the running operation")
        assert time.monotonic() - began >= BRIEF_SECONDS
        (running,) = journal.read(300, 0).running
        assert (running.repository, running.kind, running.branch, running.source) == (
            "app",
            "align",
            "x",
            "track",
        )
        assert running.owner is not None
        assert running.owner.pid == process.pid
        process.communicate("go on\n")
        assert journal.read(300, 0).running == ()
    assert recorded("operation_id") == [running.operation_id]


def test_what_was_killed_with_its_tracker_is_forgotten(app: Path) -> None:
    process = start(app, "--", "sh", "-c", "read line", stdin=subprocess.PIPE)
    with Journal(journal_file()) as journal:
        wait_until(lambda: bool(journal.read(300, 0).running), "the running operation")
        process.kill()
        process.communicate()
        journal.forget_dead()
        assert journal.read(300, 0).running == ()


def test_gits_own_trace_shows_that_it_is_recorded_already(app: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    script = 'GIT_TRACE2_EVENT="$1" git merge --quiet easy'
    assert track(app, "--", "sh", "-c", script, "sh", str(trace)) == 0
    sessions = {json.loads(line)["sid"] for line in trace.read_text().splitlines()}
    assert sessions
    assert all(map(is_marked, sessions))


def test_what_nobody_knows_is_left_empty(app: Path) -> None:
    git(app, "checkout", "--quiet", "--detach")
    assert track(app, "--", "git", "merge", "HEAD~1") == 0
    assert recorded("branch", "target") == [("", "")]


def test_a_repository_is_named_by_path_or_by_its_watched_name(app: Path, tmp_path: Path) -> None:
    with Journal(journal_file()) as journal:
        journal.register_repositories([RegisteredRepository("watched", app, app / ".git", ("main",))])
    elsewhere = new_repository(tmp_path / "elsewhere")
    merge = ("--", "git", "-C", str(app), "merge")
    assert track(tmp_path, "--repository", "./app", *merge, "main") == 1
    git(app, "merge", "--abort")
    assert track(elsewhere, "--repository", "watched", *merge, "main") == 1
    assert track(app, "--repository", "not watched yet", *merge, "--abort") == 0
    assert recorded("repository", "branch", "outcome") == [
        ("watched", "x", "conflict"),
        ("watched", "x", "conflict"),
        ("not watched yet", "x", "aborted"),
    ]


def test_gits_own_variable_for_the_repository_is_honoured(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(app / ".git"))
    assert track(tmp_path, "--", "true") == 0
    assert recorded("repository", "branch") == [("app", "x")]


@pytest.mark.parametrize("arguments", [(), ("--repository", "/no/such/folder"), ("--repository", "nobody")])
def test_outside_any_repository_nothing_is_run(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    process = start(tmp_path, *arguments, "--", "touch", "ran")
    _, errors = process.communicate()
    assert process.returncode == 2
    assert errors.startswith("alignwatch track: ")
    assert "is no git repository; change into one, or give the path of one or the name" in errors
    assert not (tmp_path / "ran").exists()


def test_streams_arguments_environment_and_open_files_are_the_commands_own(app: Path) -> None:
    script = (
        "import os, sys; print(sys.argv[1:], os.read(0, 9), os.environ['MARK'], os.read(int(sys.argv[1]), 9))"
    )
    readable, writable = os.pipe()
    os.write(writable, b"inherited")
    process = start(
        app,
        "--",
        "env",
        "MARK=set",
        sys.executable,
        "-c",
        script,
        str(readable),
        "--",
        "--timeout",
        "$(touch ran)",
        stdin=subprocess.PIPE,
        pass_fds=[readable],
    )
    output, errors = process.communicate("from stdin")
    os.close(readable)
    os.close(writable)
    assert output == f"['{readable}', '--', '--timeout', '$(touch ran)'] b'from stdi' set b'inherited'\n"
    assert (errors, process.returncode) == ("", 0)
    assert not (app / "ran").exists()


def test_what_cannot_be_run_has_a_shells_exit_code_and_is_not_recorded(app: Path) -> None:
    plain = app / "plain"
    plain.write_text("no program")
    plain.chmod(0o644)
    for command, code, reason in (
        ("no-such-command", 127, "No such file or directory"),
        ("./plain", 126, "Permission denied"),
    ):
        process = start(app, "--", command)
        _, errors = process.communicate()
        assert process.returncode == code
        assert errors == f"alignwatch track: {command} cannot be run: {reason}\n"
    assert not journal_file().exists()


@pytest.mark.parametrize("code", [0, 1, 3, 126, 255])
def test_the_exit_code_passes_through(app: Path, code: int) -> None:
    assert track(app, "--", "sh", "-c", f"exit {code}") == code
    assert recorded("exit_code", "outcome") == [(code, "failed" if code else "success")]


def test_a_journal_that_cannot_be_written_changes_nothing_else(app: Path, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("")
    process = start(
        app, "--state-dir", str(tmp_path / "blocked"), "--repository", "app", "--", "git", "merge", "main"
    )
    output, errors = process.communicate()
    assert process.returncode == 1
    assert "CONFLICT" in output
    (line,) = errors.splitlines()
    assert line.startswith("alignwatch: this operation is not recorded: ")
    assert "blocked/journal.sqlite3" in line


def test_a_full_disk_changes_nothing_else(app: Path) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    # What has no room to write cannot tell which lines it ran.
    bare = {name: value for name, value in environment().items() if not name.startswith("COVERAGE")}
    process = start(app, "--", "sh", "-c", "exit 7", preexec_fn=little_room, env=bare)
    _, errors = process.communicate()
    assert process.returncode == 7
    assert errors.count("\n") == 1
    assert "this operation is not recorded" in errors


def test_the_state_folder_comes_from_the_option_the_configuration_or_the_default(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "alignwatch.yaml"
    configuration.write_text(f"state_dir: {tmp_path}/configured\nrepositories: [{{path: {app}}}]\n")
    assert track(app, "--", "true") == 0
    assert track(app, "--config", str(configuration), "--", "true") == 0
    monkeypatch.setenv("ALIGNWATCH_CONFIG", str(configuration))
    assert track(app, "--", "true") == 0
    assert track(app, "--state-dir", str(tmp_path / "chosen"), "--", "true") == 0
    counts = {
        name: query(journal_path(tmp_path / name), "SELECT count(*) FROM operations")[0]
        for name in ("state", "configured", "chosen")
    }
    assert counts == {"state": 1, "configured": 2, "chosen": 1}
    assert stat.S_IMODE((tmp_path / "configured").stat().st_mode) == 0o700


def test_a_wrong_configuration_is_said_before_anything_runs(app: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("no_such_key: 1\n")
    assert track(app, "--config", str(tmp_path / "wrong.yaml"), "--", "touch", "ran") == 2
    assert not (app / "ran").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["--timeout", "0", "--", "true"], "'0' is no number of seconds above 0"),
        (["--timeout", "nan", "--", "true"], "'nan' is no number of seconds above 0"),
        (["--timeout", "soon", "--", "true"], "'soon' is no number of seconds above 0"),
        (["--operation", "dance", "--", "true"], "invalid choice: 'dance'"),
    ],
)
def test_wrong_arguments_are_said(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        verb.parser("alignwatch track").parse_args(arguments)
    assert ended.value.code == 2
    assert reason in capsys.readouterr().err


def test_it_imports_nothing_that_takes_long(app: Path) -> None:
    script = (
        "import sys\n"
        "from alignwatch.cli import main\n"
        "code = main(['track', '--', 'true'])\n"
        "heavy = {'yaml', 'msgspec', 'prometheus_client', 'psutil', 'jinja2', 'asyncio', 'git'}\n"
        "print(code, sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{script}"],
        cwd=app,
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
    )
    assert done.stdout == "0 []\n"


def test_help_ends_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        verb.parser("alignwatch track").parse_args(["--help"])
    assert "alignwatch track --operation rebase" in capsys.readouterr().out


def test_the_branch_that_is_rebased_is_known_while_head_is_detached(app: Path) -> None:
    git(app, "rebase", "main", check=False)
    (app / "f").write_text("resolved")
    git(app, "add", "f")
    assert track(app, "--", "git", "rebase", "--continue") == 0
    assert recorded("branch", "outcome") == [("x", "success")]


def test_a_time_limit_ends_git_and_what_it_started_and_leaves_no_lock(app: Path) -> None:
    git(app, "reset", "--quiet", "--hard", "easy")
    began = time.monotonic()
    assert track(app, "--timeout", "3", "--", "git", "rebase", "--exec", "sleep 60", "old") == 124
    assert time.monotonic() - began < 50
    assert recorded("operation", "outcome", "exit_code") == [("rebase", "timeout", 124)]
    assert not list((app / ".git").rglob("*.lock"))
    git(app, "rebase", "--abort")


def test_a_pull_that_finds_nothing_new_was_not_needed(app: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(app), str(clone))
    assert track(clone, "--", "git", "pull", "--quiet") == 0
    commit(app, "h", "new")
    assert track(clone, "--", "git", "pull", "--quiet") == 0
    assert recorded("repository", "operation", "outcome") == [
        ("clone", "pull", "not_needed"),
        ("clone", "pull", "success"),
    ]
