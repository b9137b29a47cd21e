"""What the listener makes of what people and scripts type: real git, its own event files."""

import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from alignwatch.journal.store import Journal
from alignwatch.state_dir import journal_path
from alignwatch.tracking.trace.folder import OVERFLOW, TraceFolder
from alignwatch.tracking.trace.listener import TraceListener
from alignwatch.tracking.trace.memory import MemoryFile
from support.repositories import Commit, git, import_history, new_repository
from support.tracing import Traced, resolve
from support.tracked import commit, track
from support.waiting import wait_until


@pytest.fixture
def traced(tmp_path: Path) -> Traced:
    return Traced(tmp_path)


@pytest.fixture
def app(traced: Traced, tmp_path: Path) -> Path:
    """On ``x``; ``main`` and ``other`` conflict with it, ``easy`` does not, ``old`` it has already."""
    made = new_repository(tmp_path / "app")
    history = [
        Commit("base", files={"f": "base"}),
        Commit("m", ["base"], {"f": "main"}),
        Commit("x", ["base"], {"f": "x"}),
        Commit("x2", ["x"], {"more": "x"}),
        Commit("e", ["base"], {"g": "easy"}),
        Commit("o", ["base"], {"f": "other"}),
    ]
    branches = {"main": "m", "x": "x2", "easy": "e", "old": "base", "other": "o"}
    import_history(made, history, branches)
    # Without a checkout: git's log of HEAD would have one in the second in which the test begins.
    git(made, "symbolic-ref", "HEAD", "refs/heads/x")
    git(made, "reset", "--quiet", "--hard")
    return traced.watch(made)


def tip(repository: Path, name: str) -> str:
    return git(repository, "rev-parse", name)


def until(file: Path) -> str:
    """What a shell waits with until there is a file."""
    return f"until [ -e {file} ]; do sleep 0.02; done"


def test_a_rebase_that_comes_to_its_end(traced: Traced, app: Path) -> None:
    began, before, onto = time.time(), tip(app, "x"), tip(app, "easy")
    assert traced.git(app, "rebase", "easy") == 0
    ended = time.time()
    ((*words, started, finished, duration, waiting),) = traced.seen(
        *("repository", "operation", "branch", "target", "outcome", "exit_code", "source"),
        *("started", "ended", "duration", "waiting"),
        looks=1,
    )
    assert words == ["app", "rebase", "x", "easy", "success", 0, "trace2"]
    assert began <= started < finished <= ended
    assert 0 < duration == pytest.approx(finished - started, abs=1e-5)
    assert waiting == 0
    evidence = traced.recorded("tip_before", "tip_after", "target_tip", "left_in_progress")
    assert evidence == [(before, tip(app, "x"), onto, 0)]
    assert traced.files() == []


def test_each_kind_is_an_operation(traced: Traced, app: Path, tmp_path: Path) -> None:
    git(app, "format-patch", "--quiet", "-1", "easy", "-o", str(tmp_path / "patches"))
    (patch,) = map(str, (tmp_path / "patches").iterdir())
    for command in (
        ("merge", "--no-edit", "easy"),
        ("merge", "--no-edit", "easy"),
        ("reset", "--quiet", "--hard", "x~1"),
        ("cherry-pick", "easy"),
        ("revert", "--no-edit", "HEAD"),
        ("am", "--quiet", patch),
        ("pull", "--quiet", "--rebase", ".", "easy"),
        ("rebase", "--quiet", "easy"),
    ):
        assert traced.git(app, *command) == 0
    assert traced.seen() == [
        ("merge", "x", "easy", "success"),
        ("merge", "x", "easy", "not_needed"),
        ("cherry-pick", "x", "main", "success"),
        ("revert", "x", "main", "success"),
        ("am", "x", "main", "success"),
        ("pull", "x", "easy", "success"),
        ("rebase", "x", "easy", "not_needed"),
    ]
    assert traced.files() == []


def test_commands_that_fail_without_a_trace(traced: Traced, app: Path) -> None:
    (app / "f").write_text("not committed")
    for command, expected in (
        (("rebase", "easy"), 1),
        (("rebase", "no-such"), 128),
        (("merge", "no-such"), 1),
        (("merge", "main"), 2),
        (("merge", "--ff-only", "easy"), 128),
        (("cherry-pick", "main"), 128),
        (("pull", "no-such"), 1),
        (("am", "no-such"), 128),
    ):
        assert traced.git(app, *command) == expected, command
    outcomes = traced.seen("outcome", "exit_code")
    assert {outcome for outcome, _ in outcomes} == {"failed"}
    assert [code for _, code in outcomes] == [1, 128, 1, 2, 128, 128, 1, 128]


def test_what_changes_no_history_is_not_recorded(traced: Traced, app: Path) -> None:
    for command in (
        ("status",),
        ("fetch", ".", "main"),
        ("commit", "--allow-empty", "--message", "by hand"),
        ("rebase", "--abort"),
        ("rebase", "--continue"),
        ("merge", "--abort"),
        ("cherry-pick", "--continue"),
        ("rebase", "--no-such-option"),
        ("merge", "-h"),
        ("stash", "list"),
    ):
        traced.git(app, *command)
    assert traced.seen() == []
    assert traced.files() == []


STOPS = {
    "rebase": ("rebase", "main"),
    "merge": ("merge", "main"),
    "cherry-pick": ("cherry-pick", "main"),
    "revert": ("revert", "--no-edit", "HEAD~2"),
    "pull": ("pull", "--no-rebase", ".", "main"),
    "am": ("am", "--3way", "PATCH"),
}
GOES_ON_WITH = {"pull": "merge"}
OUTCOMES = {
    "continue": "success",
    "commit": "success",
    "skip": "success",
    "abort": "aborted",
    "quit": "aborted",
    "reset": "aborted",
}
WAYS = [
    *((kind, way) for kind in STOPS for way in ("continue", "abort", "quit")),
    *((kind, "skip") for kind in ("rebase", "cherry-pick", "revert", "am")),
    *((kind, way) for kind in ("merge", "cherry-pick", "revert", "pull") for way in ("commit", "reset")),
]


@pytest.mark.parametrize("watching", [True, False], ids=["watched", "read later"])
@pytest.mark.parametrize(("kind", "way"), WAYS)
def test_what_stops_is_one_operation(
    traced: Traced, app: Path, tmp_path: Path, kind: str, way: str, watching: bool
) -> None:
    git(app, "format-patch", "--quiet", "-1", "main", "-o", str(tmp_path))
    if kind == "revert":
        (app / "f").write_text("changed again")
        git(app, "commit", "--quiet", "--all", "--message", "again")
    command = [str(next(tmp_path.glob("*.patch"))) if word == "PATCH" else word for word in STOPS[kind]]
    assert traced.git(app, *command) != 0
    if watching:
        assert traced.seen() == []
    sequencer = GOES_ON_WITH.get(kind, kind)
    if way in ("continue", "commit"):
        assert traced.git(app, sequencer, "--continue") != 0  # Nothing is resolved yet.
        resolve(app)
    if watching:
        assert traced.seen() == []
    if way == "commit":
        assert traced.git(app, "commit", "--quiet", "--no-edit") == 0
    elif way == "reset":
        assert traced.git(app, "reset", "--quiet", "--hard") == 0
    else:
        assert traced.git(app, sequencer, f"--{way}") == 0
    # Once it is over, nothing tells any more which branch a rebase had detached HEAD from.
    branch = "" if (kind, way, watching) == ("rebase", "quit", False) else "x"
    assert traced.seen() == [(kind, branch, "main", OUTCOMES[way])]
    ((duration, waiting, started, ended),) = traced.recorded("duration", "waiting", "started", "ended")
    assert 0 < duration < ended - started
    assert waiting == pytest.approx(ended - started - duration, abs=1e-5)
    assert traced.files() == []
    traced.git(app, "merge", "--no-edit", "old")
    assert traced.seen("operation")[1:] == ["merge"]


def test_a_pull_that_rebases_is_one_operation(traced: Traced, app: Path) -> None:
    assert traced.git(app, "pull", "--rebase", ".", "main") == 1
    resolve(app)
    assert traced.git(app, "rebase", "--continue") == 0
    assert traced.seen() == [("pull", "x", "main", "success")]
    assert traced.recorded("target_tip") == [tip(app, "main")]
    assert traced.files() == []


def test_a_pull_tells_what_it_fetched(traced: Traced, app: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(app), str(clone), "--branch", "easy")
    traced.watch(clone)
    commit(app, "new", "new", "easy")
    for arguments in ((), ("--rebase",), ("--ff-only",)):
        assert traced.git(clone, "pull", "--quiet", *arguments) == 0
        traced.look()
    assert traced.seen() == [
        ("pull", "easy", "easy", "success"),
        ("pull", "easy", "easy", "not_needed"),
        ("pull", "easy", "easy", "not_needed"),
    ]


def test_a_branch_that_lands_on_a_primary(traced: Traced, app: Path) -> None:
    git(app, "checkout", "--quiet", "main")
    before = tip(app, "main")
    assert traced.git(app, "merge", "--no-edit", "easy") == 0
    assert traced.git(app, "merge", "--no-edit", "refs/heads/old") == 0
    assert traced.git(app, "merge", "--no-edit", "HEAD~1") == 0
    columns = ("branch", "target", "outcome", "tip_before", "tip_after", "target_tip")
    assert traced.seen(*columns) == [
        ("easy", "main", "success", None, None, tip(app, "main")),
        ("old", "main", "not_needed", None, None, None),
        ("main", "", "not_needed", None, None, None),
    ]
    assert traced.recorded("target_before") == [before, None, None]


def test_a_fast_forward_knows_its_target(traced: Traced, app: Path) -> None:
    git(app, "symbolic-ref", "HEAD", "refs/heads/old")
    git(app, "reset", "--quiet", "--hard")
    before = tip(app, "old")
    assert traced.git(app, "merge", "--ff-only", "main") == 0
    assert traced.seen("tip_before", "tip_after", "target_tip") == [(before, *2 * (tip(app, "main"),))]


def test_a_rebase_of_a_branch_that_it_names(traced: Traced, app: Path) -> None:
    assert traced.git(app, "rebase", "--onto", "easy", "old", "other") == 0
    assert traced.git(app, "rebase", "HEAD~1") == 0
    columns = ("branch", "target", "outcome", "tip_before", "target_tip")
    assert traced.seen(*columns) == [
        ("other", "easy", "success", None, tip(app, "easy")),
        ("other", "", "not_needed", None, None),
    ]


@pytest.mark.parametrize("watching", [True, False], ids=["watched", "read later"])
def test_a_pause_on_purpose_is_a_wait(traced: Traced, app: Path, watching: bool) -> None:
    editor = "sed -i s/^pick/edit/"
    assert traced.git(app, "rebase", "--interactive", "easy~1", GIT_SEQUENCE_EDITOR=editor) == 0
    if watching:
        assert traced.seen() == []
    assert traced.git(app, "rebase", "--continue") == 0
    if watching:
        assert traced.seen() == []
    assert traced.git(app, "rebase", "--continue") == 0
    assert traced.git(app, "merge", "--no-commit", "--no-ff", "easy") == 0
    if watching:
        assert len(traced.seen()) == 1
    assert traced.git(app, "commit", "--quiet", "--no-edit") == 0
    assert traced.seen() == [("rebase", "x", "", "success"), ("merge", "x", "easy", "success")]
    assert all(waiting > 0 for waiting in traced.recorded("waiting"))


def test_an_editor_is_a_person_at_work(traced: Traced, app: Path) -> None:
    slow = {"GIT_EDITOR": "sleep 0.3 #", "GIT_SEQUENCE_EDITOR": "sed -i s/^pick/reword/"}
    assert traced.git(app, "rebase", "--interactive", "easy", **slow) == 0
    ((started, ended, duration, waiting),) = traced.seen("started", "ended", "duration", "waiting")
    assert waiting > 0.6  # Two messages, in two processes inside.
    assert duration == pytest.approx(ended - started - waiting, abs=1e-5)


def test_aliases_scripts_and_options_lead_to_the_same(traced: Traced, app: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "git-align"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ngit merge --no-edit easy && git rebase easy\n")
    program.chmod(0o755)
    traced.configure("[alias]\n\tup = merge --no-edit\n\tdown = !git cherry-pick\n\tab = rebase --abort\n")
    path = f"{program.parent}:{os.environ['PATH']}"
    assert traced.git(tmp_path, "-C", str(app), "-c", "user.name=rebase", "up", "easy") == 0
    assert traced.git(app, "down", "easy~0", "-x", "--allow-empty", "--keep-redundant-commits") == 0
    assert traced.git(app, "align", PATH=path) == 0
    assert traced.git(app / ".git", "--work-tree", str(app), "rebase", "main") == 1
    assert traced.git(app, "ab") == 0
    assert traced.seen("operation", "outcome") == [
        ("merge", "success"),
        ("cherry-pick", "success"),
        ("merge", "not_needed"),
        ("rebase", "success"),
        ("rebase", "aborted"),
    ]


def test_linked_work_trees_stand_for_themselves(traced: Traced, app: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(app, "worktree", "add", "--quiet", str(linked), "other")
    assert traced.git(app, "rebase", "main") == 1
    assert traced.git(linked, "rebase", "main") == 1
    assert traced.seen() == []
    assert traced.git(linked, "rebase", "--abort") == 0
    assert traced.seen() == [("rebase", "other", "main", "aborted")]
    assert traced.git(app, "rebase", "--skip") == 0
    assert traced.seen("repository", "branch", "outcome") == [
        ("app", "x", "success"),
        ("app", "other", "aborted"),
    ]


@pytest.mark.parametrize("restart", [False, True])
def test_a_work_tree_that_is_gone_already(traced: Traced, app: Path, tmp_path: Path, restart: bool) -> None:
    for number, command in enumerate((("rebase", "easy"), ("rebase", "main"), ("merge", "main"))):
        linked = tmp_path / f"linked {number}"
        assert traced.git(app, "worktree", "add", "--quiet", "-b", f"b{number}", str(linked), "x") == 0
        if restart:
            traced.look()
            traced.listener = traced.new_listener()
        traced.git(linked, *command)
        assert traced.git(app, "worktree", "remove", "--force", str(linked)) == 0
    assert traced.seen("operation", "target", "outcome") == [
        ("rebase", "easy", "success"),
        ("rebase", "main", "aborted"),
        ("merge", "main", "aborted"),
    ]


def test_a_repository_that_is_not_watched_is_forgotten(traced: Traced, app: Path, tmp_path: Path) -> None:
    other = new_repository(tmp_path / "other")
    commit(other, "f", "f")
    git(other, "branch", "topic")
    commit(other, "f", "g")
    assert traced.git(other, "rebase", "topic") == 0
    assert traced.git(tmp_path, "rebase", "main") == 128
    traced.watched.remove("app")
    assert traced.git(app, "rebase", "easy") == 0
    assert traced.seen() == []
    assert traced.files() == []


def killed(traced: Traced, folder: Path, *arguments: str) -> None:
    """Runs git until it waits for ``WAIT``, and kills it and what it has started."""
    ready = traced.folder.parent / f"ready to {arguments[0]}"
    wait = f"test -e '{ready}' || {{ touch '{ready}'; sleep 60; }} #"
    command = [wait if argument == "WAIT" else argument for argument in arguments]
    process = traced.start(folder, *command, GIT_EDITOR=wait)
    wait_until(ready.exists, "git at work")
    traced.look(1)
    os.killpg(process.pid, signal.SIGKILL)
    traced.look(1)  # It is a zombie now.
    process.wait()


def test_a_git_that_is_killed(traced: Traced, app: Path) -> None:
    killed(traced, app, "rebase", "--exec", "WAIT", "easy")
    assert traced.seen("operation", "outcome", "exit_code", "left_in_progress") == [
        ("rebase", "cancelled", None, 1)
    ]
    assert traced.recorded("branch") == ["x"]
    assert traced.git(app, "rebase", "--abort") == 0
    killed(traced, app, "merge", "--edit", "easy")
    assert traced.seen("operation", "outcome") == [("rebase", "cancelled"), ("merge", "cancelled")]
    assert traced.git(app, "commit", "--quiet", "--no-edit") == 0
    assert traced.git(app, "merge", "easy") == 0
    assert traced.seen("outcome") == ["cancelled", "cancelled", "not_needed"]
    assert traced.files() == []


def test_going_on_with_what_was_killed_is_an_attempt_of_its_own(traced: Traced, app: Path) -> None:
    killed(traced, app, "rebase", "--exec", "WAIT", "easy")
    assert traced.git(app, "rebase", "--continue") == 0
    assert traced.seen("outcome") == ["cancelled", "success"]


def test_what_a_killed_git_had_started_is_a_part_of_it(traced: Traced, app: Path) -> None:
    ready, go_on = traced.folder.parent / "ready", traced.folder.parent / "go-on"
    editor = f"touch {ready}; {until(go_on)} #"
    process = traced.start(app, "pull", "--rebase=interactive", ".", "easy", GIT_SEQUENCE_EDITOR=editor)
    wait_until(ready.exists, "git at work")
    process.kill()
    process.wait()
    assert traced.seen() == []
    go_on.touch()
    wait_until(lambda: traced.seen() != [], "the rebase inside is over")
    assert traced.recorded("operation", "outcome") == [("pull", "cancelled")]
    assert traced.files() == []


def test_an_operation_is_known_while_it_runs(traced: Traced, app: Path) -> None:
    ready = traced.folder.parent / "ready"
    process = traced.start(app, "rebase", "--exec", f"touch {ready}; sleep 60", "easy")
    wait_until(ready.exists, "git at work")
    assert traced.running() == []
    traced.look()
    assert traced.running() == [("app", "rebase", "trace2", process.pid)]
    os.killpg(process.pid, signal.SIGTERM)
    process.wait()
    assert traced.seen("outcome") == ["cancelled"]
    assert traced.running() == []


def test_what_stopped_does_not_run(traced: Traced, app: Path) -> None:
    ready, go_on = traced.folder.parent / "ready", traced.folder.parent / "go-on"
    process = traced.start(app, "rebase", "--exec", f"touch {ready}; {until(go_on)}; false", "easy")
    wait_until(ready.exists, "git at work")
    traced.look()
    assert len(traced.running()) == 1
    go_on.touch()
    process.wait()
    assert traced.seen() == []
    assert traced.running() == []


def test_nothing_is_lost_while_nobody_listens(traced: Traced, app: Path) -> None:
    assert traced.git(app, "rebase", "main") == 1
    assert traced.seen() == []
    resolve(app)
    traced.listener = traced.new_listener()
    assert traced.git(app, "rebase", "--continue") == 0
    assert traced.git(app, "merge", "other") == 1
    traced.listener = traced.new_listener()
    assert traced.seen("operation", "outcome") == [("rebase", "success")]
    assert traced.git(app, "merge", "--abort") == 0
    traced.listener = traced.new_listener()
    assert traced.seen("operation", "outcome") == [("rebase", "success"), ("merge", "aborted")]


def test_what_track_runs_is_recorded_once(traced: Traced, app: Path) -> None:
    env = {**os.environ, **traced.environment, "ALIGNWATCH_STATE_DIR": str(traced.state_dir)}
    script = "git merge --no-edit easy && git pull . old && git rebase main"
    assert track(app, "--", "sh", "-c", script, env=env) == 1
    assert traced.seen("operation", "source") == [("align", "track")]
    assert traced.git(app, "rebase", "--abort") == 0
    assert traced.git(app, "merge", "main") == 1
    assert traced.seen() == [("align", "x", "main", "conflict")]
    assert track(app, "--", "git", "merge", "--abort", env=env) == 0
    assert traced.seen("operation", "source") == [("align", "track"), ("merge", "track")]
    assert traced.files() == []


def test_too_many_files_are_noticed(traced: Traced, app: Path, caplog: pytest.LogCaptureFixture) -> None:
    traced.configure("\tmaxFiles = 5\n")
    for _ in range(10):
        traced.git(app, "status")
    assert OVERFLOW in traced.files()
    assert traced.git(app, "rebase", "easy") == 0
    assert traced.seen() == []
    assert traced.files() == []
    (message,) = caplog.messages
    assert "git has left commands out since" in message
    reading = traced.listener.look()
    assert reading is not None
    assert reading.overflowed == pytest.approx(time.time(), abs=60)
    traced.listener = traced.new_listener()
    again = traced.listener.look()
    assert again is not None
    assert again.overflowed == reading.overflowed
    assert traced.git(app, "merge", "--no-edit", "main") == 1
    assert traced.git(app, "merge", "--abort") == 0
    assert traced.seen("operation") == ["merge"]


def test_several_listeners_record_once(traced: Traced, app: Path) -> None:
    listeners = [traced.new_listener() for _ in range(4)]
    over = threading.Event()

    def listen(listener: TraceListener) -> None:
        while not over.is_set():
            assert listener.look()

    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(listen, listener) for listener in listeners]
        for _ in range(5):
            for command in (("rebase", "main"), ("rebase", "--abort"), ("merge", "old"), ("rebase", "old")):
                traced.git(app, *command)
        wait_until(lambda: not traced.files(), "all is read")
        time.sleep(0.2)
        over.set()
        for future in futures:
            future.result()
    counted = Counter(traced.seen("operation", "outcome"))
    assert counted == {
        ("rebase", "aborted"): 5,
        ("merge", "not_needed"): 5,
        ("rebase", "not_needed"): 5,
    }
    total = sum(reading.recorded for listener in listeners if (reading := listener.look()))
    assert total == 15


def test_a_session_that_an_editor_opened_counts_again(traced: Traced, app: Path) -> None:
    """An editor may stay, and all that is run in it then looks as if it ran inside a command long over."""
    session = "20200101T000000.000000Z-H00000000-P00000001"
    assert (
        traced.git(app, "rebase", "easy", GIT_TRACE2_PARENT_SID=session, GIT_TRACE2_PARENT_NAME="rebase") == 0
    )
    assert traced.seen("operation", "outcome") == [("rebase", "success")]


def test_a_journal_that_cannot_be_used_loses_nothing(
    traced: Traced, app: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert traced.git(app, "rebase", "easy") == 0
    journal = journal_path(traced.state_dir)
    journal.rename(journal.with_name("away"))
    journal.mkdir()
    for _ in range(2):
        reading = traced.listener.look()
        assert reading is not None
        assert not reading.ok
    assert len(caplog.messages) == 1
    journal.rmdir()
    journal.with_name("away").rename(journal)
    assert traced.seen() == [("rebase", "x", "easy", "success")]


def test_where_git_does_not_write_there_is_nothing_to_hear(traced: Traced) -> None:
    traced.folder.rmdir()
    assert traced.listener.look() is None


STEPS = [
    (Journal, "record_all"),
    (MemoryFile, "save"),
    (TraceFolder, "remove"),
]


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(4))
@pytest.mark.parametrize(("owner", "step"), STEPS)
def test_what_is_cut_short_is_done_again(
    traced: Traced,
    app: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    step: str,
    nth: int,
    late: bool,
) -> None:
    """As if the exporter had been killed before or after a step, and another one went on."""
    calls = count()
    original = getattr(owner, step)

    def cut(self: Any, *arguments: Any) -> Any:
        if next(calls) != nth:
            return original(self, *arguments)
        if late:
            original(self, *arguments)
        raise OSError("killed")

    monkeypatch.setattr(owner, step, cut)

    def look() -> None:
        for _ in range(4):
            if not (reading := traced.listener.look()) or not reading.ok:
                traced.listener = traced.new_listener()

    assert traced.git(app, "merge", "--no-edit", "easy") == 0
    assert traced.git(app, "rebase", "main") == 1
    look()
    assert traced.git(app, "rebase", "--skip") == 0
    assert traced.git(app, "merge", "other") == 1
    assert traced.git(app, "merge", "--abort") == 0
    look()
    assert traced.recorded("operation", "target", "outcome") == [
        ("merge", "easy", "success"),
        ("rebase", "main", "success"),
        ("merge", "other", "aborted"),
    ]
    assert traced.files() == []
    assert all(duration > 0 for duration in traced.recorded("duration"))


def test_only_part_of_a_batch_may_be_removed(
    traced: Traced, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old files that are read again do not disturb what has happened since."""
    assert traced.git(app, "rebase", "easy") == 0
    kept = {name: (traced.folder / name).read_bytes() for name in traced.files()}
    traced.look()
    assert traced.git(app, "rebase", "main") == 1
    traced.look()
    for name, content in kept.items():
        (traced.folder / name).write_bytes(content)
    traced.look()
    assert traced.git(app, "rebase", "--abort") == 0
    assert traced.seen("operation", "outcome") == [("rebase", "success"), ("rebase", "aborted")]


def test_hostile_files_lose_nothing(traced: Traced, app: Path) -> None:
    assert traced.git(app, "rebase", "easy") == 0
    (good,) = (name for name in traced.files() if b'"name":"rebase"' in (traced.folder / name).read_bytes())
    lines = (traced.folder / good).read_bytes().splitlines(keepends=True)
    for number, content in enumerate(
        (
            b"",
            b"\0" * 10_000,
            b"".join(lines[:3]),
            b"".join(lines[:-1]),
            b"".join(lines).replace(str(app).encode(), b"/no/such/folder"),
            b"".join(lines).replace(str(app).encode(), b"relative\\u0000"),
            b"".join(lines).replace(b'"rebase"', b'"worktree"'),
            b"".join(line for line in lines if b'"start"' not in line),
            b"".join(lines).replace(b'"sid":"', b'"sid":"//'),
            b'{"event":"cmd_name","sid":"/","name":"rebase"}\n',
            b'{"event":"cmd_name","sid":"' + b"a/" * 100_000 + b'","name":"rebase"}\n',
            b"x" * (3 << 20),
        )
    ):
        (traced.folder / f"20200101T000000.{number:06d}Z-{good.split('Z-')[1][:9]}-P7fffffff").write_bytes(
            content
        )
    assert ("rebase", "x", "easy", "success") in traced.seen()
    assert traced.files() == []
    assert traced.git(app, "merge", "old") == 0
    assert traced.seen("operation", "outcome")[-1] == ("merge", "not_needed")
