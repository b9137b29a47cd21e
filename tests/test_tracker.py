"""Operations recorded from Python."""

import asyncio
import json
import logging
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alignwatch import tracker as module
from alignwatch.errors import UsageError
from alignwatch.journal import running
from alignwatch.journal.store import Journal, RegisteredRepository
from alignwatch.operation import Outcome
from alignwatch.tracker import Tracker
from alignwatch.tracking.recorder import Recorder
from alignwatch.tracking.trace.mark import is_marked
from support.journals import query
from support.repositories import ENVIRONMENT, git
from support.tracked import journal_file, recorded
from support.waiting import wait_until


@pytest.fixture
def tracker(repository: Path) -> Iterator[Tracker]:
    made = Tracker(repository)
    yield made
    made.close()


def outcomes() -> list[str]:
    return recorded("outcome")


def test_the_example_in_the_documentation_works(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert module.__doc__ is not None
    example = "\n".join(line[4:] for line in module.__doc__.splitlines() if line.startswith("    "))
    asked: list[str] = []
    names = {
        "subprocess": subprocess,
        "make_backup": lambda: asked.append("backup"),
        "ask_somebody_to_resolve": lambda: asked.append("person"),
    }
    monkeypatch.chdir(repository)
    git(repository, "checkout", "--quiet", "feature/far")
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    (repository / "file-m2").write_text("in the way")
    for _ in range(2):
        exec(example.replace("/srv/git/app", str(repository)), names)
        (repository / "file-m2").unlink(missing_ok=True)
    assert asked == ["backup", "person", "backup"]
    columns = ("repository", "operation", "branch", "target", "outcome", "source")
    assert recorded(*columns) == [
        ("app", "rebase", "feature/x", "main", "conflict", "api"),
        ("app", "rebase", "feature/x", "main", "success", "api"),
    ]


def test_what_was_measured_is_recorded(tracker: Tracker) -> None:
    before = time.time()
    with tracker.operation("merge", branch="feature/far", target="main") as op:
        with op.phase("work"):
            sum(range(500_000))
        with op.waiting():
            time.sleep(0.2)
        subprocess.run([sys.executable, "-c", "sum(range(10**6))"], check=True)
    ((operation_id, started, ended, duration, waiting, cpu, memory),) = recorded(
        "operation_id", "started", "ended", "duration", "waiting", "cpu_seconds", "peak_memory_bytes"
    )
    assert operation_id == op.operation_id
    assert operation_id.startswith("api-")
    assert before <= started <= ended <= time.time()
    assert ended == pytest.approx(started + duration + waiting)
    assert waiting >= 0.2
    assert 0.005 < cpu < 60
    assert memory > 1 << 20
    (phase,) = query(journal_file(), "SELECT phase, seconds FROM phases")
    assert phase[0] == "work"
    assert 0 < phase[1] <= duration


def test_the_tips_around_it_are_kept_as_evidence(tracker: Tracker, repository: Path) -> None:
    far, main = git(repository, "rev-parse", "feature/far", "main").split()
    with tracker.operation("merge", branch="feature/far", target="main"):
        git(repository, "branch", "--force", "feature/far", "main")
    with tracker.operation("merge"):
        pass
    assert recorded(
        "branch", "target", "tip_before", "tip_after", "target_before", "target_tip", "left_in_progress"
    ) == [("feature/far", "main", far, main, main, main, 0), ("main", "", main, main, None, None, 0)]


def test_git_that_was_left_halfway_is_no_success(tracker: Tracker, repository: Path) -> None:
    git_dir = repository / ".git"
    with tracker.operation("merge"):
        (git_dir / "MERGE_HEAD").write_text("0" * 40)
    with tracker.operation("merge"):
        pass
    (git_dir / "MERGE_HEAD").unlink()
    with tracker.operation("merge") as op:
        (git_dir / "MERGE_HEAD").write_text("0" * 40)
        op.outcome = "success"
    assert recorded("outcome", "left_in_progress") == [("paused", 1), ("success", 0), ("success", 1)]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (RuntimeError, "failed"),
        (KeyboardInterrupt, "cancelled"),
        (asyncio.CancelledError, "cancelled"),
        (GeneratorExit, "cancelled"),
        (SystemExit, "success"),
    ],
)
def test_an_exception_passes_through_and_decides(
    tracker: Tracker, error: type[BaseException], outcome: str
) -> None:
    raised = error()
    with pytest.raises(error) as caught, tracker.operation("rebase"):
        raise raised
    assert caught.value is raised
    assert outcomes() == [outcome]


def test_a_program_that_exits_with_an_error_failed(tracker: Tracker) -> None:
    with pytest.raises(SystemExit), tracker.operation("rebase"):
        sys.exit(3)
    assert outcomes() == ["failed"]


def test_what_was_said_stays_but_for_a_success_that_raises(tracker: Tracker) -> None:
    for said in ("conflict", "not_needed"):
        with tracker.operation("rebase") as op:
            op.outcome = said
            assert op.outcome is Outcome(said)
    for said in ("timeout", "success"):
        with pytest.raises(RuntimeError), tracker.operation("rebase") as op:
            op.outcome = said
            raise RuntimeError
    assert outcomes() == ["conflict", "not_needed", "timeout", "failed"]


def test_words_that_mean_nothing_are_refused_at_once(tracker: Tracker) -> None:
    with pytest.raises(ValueError, match="'dance' is not a valid Kind"):
        tracker.operation("dance")
    with tracker.operation("rebase") as op:
        with pytest.raises(ValueError, match="'well' is not a valid Outcome"):
            op.outcome = "well"
        with pytest.raises(ValueError, match="is no phase"), op.phase(""):
            pass
    assert outcomes() == ["success"]


def test_the_same_operation_counts_once(tracker: Tracker) -> None:
    for _ in range(2):
        with tracker.operation(operation_id="align-20260112-120000-001"):
            pass
    assert recorded("operation_id", "operation") == [("align-20260112-120000-001", "align")]


def test_operations_lie_inside_each_other(tracker: Tracker) -> None:
    with tracker.operation("align") as outer:
        for _ in range(2):
            with outer.phase("rebase"), tracker.operation("rebase") as inner, inner.phase("inside"):
                pass
    assert recorded("operation") == ["align", "rebase", "rebase"]
    owners = query(journal_file(), "SELECT phase FROM phases JOIN operations USING (operation_id)")
    assert sorted(owners) == ["inside", "inside", "rebase", "rebase"]


def test_threads_share_a_tracker_and_an_operation(tracker: Tracker) -> None:
    def work() -> None:
        for _ in range(10):
            with shared.phase("shared"), tracker.operation("rebase") as own, own.phase("own"):
                pass

    with tracker.operation("align") as shared:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(outcomes()) == 41
    assert query(journal_file(), "SELECT phase, count(*) FROM phases GROUP BY phase ORDER BY phase") == [
        ("own", 40),
        ("shared", 40),
    ]


def test_tasks_share_a_tracker_and_the_event_loop_goes_on(tracker: Tracker) -> None:
    async def one(number: int) -> None:
        async with tracker.operation("rebase", branch=f"b{number}") as op:
            with op.phase("await"):
                await asyncio.sleep(0.05)

    async def cancelled() -> None:
        async with tracker.operation("merge"):
            await asyncio.sleep(60)

    async def everything() -> None:
        task = asyncio.create_task(cancelled())
        await asyncio.gather(*map(one, range(20)))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(everything())
    assert len(recorded("branch")) == 21
    assert set(recorded("operation", "outcome")) == {("rebase", "success"), ("merge", "cancelled")}


def in_a_fork(tracker: Tracker) -> None:
    with tracker.operation("rebase", branch="forked"):
        pass


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_goes_on_with_what_it_inherits(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Were all this slow, another thread would be inside SQLite while this one forks.
    monkeypatch.setattr(Recorder, "announce", lambda *_: None)
    with tracker.operation("rebase", branch="before"):
        pass
    fork = multiprocessing.get_context("fork")
    with tracker.operation("rebase", branch="around"):
        children = [fork.Process(target=in_a_fork, args=(tracker,)) for _ in range(4)]
        for child in children:
            child.start()
        for child in children:
            child.join()
    assert sorted(recorded("branch")) == ["around", "before", *["forked"] * 4]
    assert query(journal_file(), "PRAGMA integrity_check") == ["ok"]


def test_what_takes_long_is_seen_while_it_runs(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignwatch.tracking.announcer.BRIEF_SECONDS", 0.05)
    with Journal(journal_file()) as journal:
        with tracker.operation("rebase", branch="x", target="main") as op:
            wait_until(lambda: bool(journal.read(300, 0).running), "the running operation")
            (one,) = journal.read(300, 0).running
        assert one[:5] == (op.operation_id, "app", "rebase", "x", "main")
        assert one.owner == running.process(os.getpid())
        assert journal.read(300, 0).running == ()
    wait_until(nobody_announces, "its end")


def nobody_announces() -> bool:
    return "alignwatch announcer" not in {one.name for one in threading.enumerate()}


def test_what_is_brief_is_never_announced(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    announced: list[object] = []
    monkeypatch.setattr(Journal, "begin", lambda *arguments: announced.append(arguments))
    not_brief = 0  # None, unless the machine pauses.
    for _ in range(30):
        began = time.monotonic()
        with tracker.operation("rebase"):
            pass
        not_brief += time.monotonic() - began >= running.BRIEF_SECONDS
    wait_until(nobody_announces, "the end of who would have announced them")
    assert len(announced) <= not_brief


def test_a_journal_that_cannot_be_written_is_a_warning_and_nothing_else(
    repository: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    tracker = Tracker(repository, state_dir=blocked)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            with tracker.operation("rebase"):
                pass
        (message,) = caplog.messages
        assert message.startswith("an operation is not recorded: ")
        assert "blocked/journal.sqlite3" in message
        blocked.unlink()
        with tracker.operation("rebase"):
            pass
        assert query(blocked / "journal.sqlite3", "SELECT count(*) FROM operations") == [1]
        assert len(caplog.messages) == 1


def test_even_a_fault_of_ours_never_reaches_the_caller(
    tracker: Tracker, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("nobody thought of this")

    monkeypatch.setattr("alignwatch.tracking.announcer.BRIEF_SECONDS", 0.01)
    monkeypatch.setattr("alignwatch.journal.store.Journal.record", fail)
    with tracker.operation("rebase", branch="\ud800\0", target="\ud800"):
        time.sleep(0.1)
    assert len(caplog.messages) == 1
    assert "nobody thought of this" in caplog.text


def test_a_corrupt_journal_is_put_aside_and_said(tracker: Tracker, caplog: pytest.LogCaptureFixture) -> None:
    journal_file().parent.mkdir()
    journal_file().write_bytes(b"no database at all\n" * 100)
    with tracker.operation("rebase"):
        pass
    assert outcomes() == ["success"]
    assert "is corrupt" in caplog.text


def test_a_repository_is_named_by_path_or_watched_name(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Journal(journal_file()) as journal:
        journal.register_repositories(
            [RegisteredRepository("watched", repository, repository / ".git", ("main", "scientific"))]
        )
    monkeypatch.chdir(repository)
    for said in (repository, str(repository), Path(), ".", "watched", None):
        with Tracker(said).operation("rebase"):
            pass
    assert recorded("repository", "target") == [("watched", "main")] * 6
    monkeypatch.chdir(tmp_path)
    for wrong in ("nobody", tmp_path, None, Path("none")):
        with pytest.raises(UsageError, match="is no git repository"):
            Tracker(wrong)
    Tracker(Path("app"))


def test_the_working_directory_may_change_meanwhile(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    tracker = Tracker("./app", state_dir="relative")
    monkeypatch.chdir("/")
    with tracker.operation("rebase", branch="feature/far") as op:
        op.outcome = "not_needed"
    far = git(repository, "rev-parse", "feature/far")
    assert query(tmp_path / "relative" / "journal.sqlite3", "SELECT tip_after FROM operations") == [far]


def test_gits_own_trace_shows_that_it_is_recorded_already(
    tracker: Tracker, repository: Path, tmp_path: Path
) -> None:
    with tracker.operation("merge") as op:
        environment = {**op.environment, "GIT_TRACE2_EVENT": str(tmp_path / "trace")}
        subprocess.run(["git", "-C", str(repository), "status"], env=environment, check=True)
    events = [json.loads(line) for line in (tmp_path / "trace").read_text().splitlines()]
    assert events
    assert all(is_marked(event["sid"]) for event in events)


def test_it_imports_nothing_that_takes_long() -> None:
    script = (
        "import sys; import alignwatch.tracker\n"
        "heavy = {'yaml', 'msgspec', 'prometheus_client', 'psutil', 'jinja2', 'asyncio', 'git'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{script}"],
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
    )
    assert done.stdout == "[]\n"
