"""Real repositories in which branches vanish, with their work and without."""

import logging
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.git.command import Git, GitError
from alignwatch.journal.events import Event
from alignwatch.journal.store import Journal
from alignwatch.lost_work.memory import Memory
from alignwatch.probes.lost_work import SETTLED_SECONDS, LostWorkProbe
from alignwatch.settings import Repository, Target
from support.repositories import Commit, everything_in, git, import_history, linear, new_repository

START = 1_800_000_000.0


class World:
    """A repository, whoever watches it, and their clock. Topic is three commits ahead of main's first."""

    def __init__(self, folder: Path, git_runner: Git) -> None:
        self.repository = new_repository(folder / "app")
        self.now = START
        self.journal = Journal(folder / "journal.sqlite3")
        self.git_runner = git_runner
        self.cache = folder / "cache"
        git(self.repository, "config", "fastimport.unpackLimit", "1000")
        import_history(
            self.repository, [*linear("m", 2), *linear("t", 3, "m0")], {"main": "m1", "topic": "t2"}
        )
        git(self.repository, "reset", "--hard", "--quiet")
        self.tip = self.git("rev-parse", "topic")
        self.restart()

    def restart(self, **settings: object) -> None:
        watched = Repository(path=str(self.repository), name="app", **settings)  # type: ignore[arg-type]
        self.probe = LostWorkProbe(self.git_runner, watched, self.journal, self.cache, 10, lambda: self.now)

    def git(self, *arguments: str) -> str:
        return git(self.repository, *arguments)

    def look(self, seconds: float = 60) -> int:
        """Some time later; how many are suspected then."""
        self.now += seconds
        return self.probe.read().suspects

    def events(self) -> tuple[Event, ...]:
        return self.journal.read(300, self.now).events

    def lost(self) -> dict[str, int]:
        """What has been noted, after a while: branch -> lost commits."""
        for seconds in (60, 60, SETTLED_SECONDS):
            self.look(seconds)
        assert self.look() == 0
        events = self.events()
        assert len({(event.branch, event.commit) for event in events}) == len(events)
        return {event.branch: event.path_count for event in events}


@pytest.fixture
def world(tmp_path: Path, git_runner: Git) -> World:
    made = World(tmp_path, git_runner)
    made.look()
    return made


def test_a_branch_that_is_deleted_with_its_work(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.git("branch", "-D", "topic")
    assert world.look() == 1
    found = world.now
    assert world.events() == ()
    assert world.look() == 0
    assert world.events() == (
        Event(
            repository="app",
            event="work_lost",
            branch="topic",
            tip_before=world.tip,
            tip_after=None,
            commit=world.tip,
            paths=(),
            path_count=3,
            detail=f"git branch topic {world.tip} brings it back until git's gc removes it",
            seen=found,
        ),
    )
    assert "branch 'topic' vanished with 3 commits that are nowhere else" in caplog.text
    assert world.lost() == {"topic": 3}


def test_the_way_back_is_a_command_that_works(world: World) -> None:
    names = ["it's$(touch", "naïve/ß", 'say-"hi"', "turned\u202eround", "-x", "HEAD"]
    for name in names:
        world.git("update-ref", f"refs/heads/{name}", "topic")
    git(world.repository, "update-ref", "--stdin", stdin=b"create refs/heads/caf\xe9 refs/heads/topic\n")
    world.look()
    before = world.git("for-each-ref")
    world.git("branch", "-D", "--", "topic", *names)
    git(world.repository, "update-ref", "--stdin", stdin=b"delete refs/heads/caf\xe9\n")
    assert world.lost() == dict.fromkeys(["topic", *names, r"caf\xe9"], 3)
    for event in world.events():
        command, _, _ = event.detail.partition(" brings")
        assert command.isprintable()
        subprocess.run(["bash", "-c", f"cd {shlex.quote(str(world.repository))} && {command}"], check=True)
    assert world.git("for-each-ref") == before


@pytest.mark.parametrize(
    "saving",
    [
        ("branch", "-m", "topic", "other"),
        ("branch", "topic-backup-20260112", "topic"),
        ("tag", "anything", "topic"),
        ("tag", "-a", "-m", "x", "anything", "topic"),
        ("update-ref", "refs/remotes/origin/topic", "topic"),
        ("update-ref", "refs/pull/1/head", "topic"),
        ("merge", "--quiet", "--no-edit", "topic"),
        ("checkout", "--quiet", "--detach", "topic"),
        ("worktree", "add", "--quiet", "--detach", "../linked", "topic"),
    ],
    ids=" ".join,
)
def test_what_is_still_in_some_ref_is_not_lost(world: World, saving: tuple[str, ...]) -> None:
    world.git(*saving)
    git(world.repository, "branch", "-D", "topic", check=False)
    assert world.lost() == {}


def test_what_any_stash_stands_on_is_not_lost(world: World) -> None:
    for branch, file in (("topic", "file-t0"), ("main", "file-m0")):
        world.git("checkout", "--quiet", branch)
        (world.repository / file).write_text("changed")
        world.git("stash", "--quiet")
    world.git("branch", "-D", "topic")
    assert world.look() == 1
    assert world.lost() == {}


def test_without_its_target_a_branch_is_judged_all_the_same(world: World) -> None:
    world.restart(primaries=("gone",))
    world.git("branch", "-D", "topic")
    assert world.lost() == {"topic": 3}


def test_work_that_was_merged_is_not_lost_when_its_branch_goes(world: World) -> None:
    world.git("merge", "--quiet", "--squash", "topic")
    world.git("commit", "--quiet", "-m", "topic (#1)")
    world.git("commit", "--quiet", "--allow-empty", "-m", "more")
    world.git("branch", "-D", "topic")
    assert world.lost() == {}


def test_a_squash_counts_from_where_the_target_was_last_merged(world: World) -> None:
    world.git("checkout", "--quiet", "topic")
    world.git("merge", "--quiet", "--no-edit", "main")
    world.git("commit", "--quiet", "--allow-empty", "-m", "try the checks again")
    world.git("checkout", "--quiet", "main")
    world.look()
    world.git("merge", "--quiet", "--squash", "topic")
    world.git("commit", "--quiet", "-m", "topic (#1)")
    world.git("branch", "-D", "topic")
    assert world.lost() == {}


def test_the_target_is_the_branchs_own(world: World) -> None:
    world.restart(primaries=("other", "main"), targets=(Target(branches="top*", target="main"),))
    world.git("merge", "--quiet", "--squash", "topic")
    world.git("commit", "--quiet", "-m", "topic (#1)")
    world.git("branch", "-D", "topic")
    assert world.lost() == {}


def test_work_that_was_picked_is_not_lost_when_its_branch_goes(world: World) -> None:
    world.git("cherry-pick", "main..topic")
    world.git("branch", "-D", "topic")
    assert world.lost() == {}


def test_work_that_was_rebased_under_another_name_is_not_lost(world: World) -> None:
    world.git("checkout", "--quiet", "-b", "topic-v2", "topic")
    world.git("rebase", "--quiet", "main")
    world.git("branch", "-D", "topic")
    assert world.lost() == {}


def test_work_that_was_altered_on_its_way_in_is_known_by_the_message(world: World) -> None:
    (world.repository / "file-t1").write_text("resolved")
    world.git("add", ".")
    message = f"Squashed commit of the following:\n\ncommit {world.tip}\n\n    t2\n"
    message += f"(cherry picked from commit {world.git('rev-parse', 'topic~1')})"
    world.git("commit", "--quiet", "-m", message)
    world.git("branch", "-D", "topic")
    assert world.lost() == {"topic": 1}


def test_what_was_not_picked_is_lost(world: World) -> None:
    world.git("cherry-pick", "topic~1")
    world.git("branch", "-D", "topic")
    assert world.lost() == {"topic": 2}


def test_the_same_files_with_other_contents_save_nothing(world: World) -> None:
    for name in ("file-t0", "file-t1", "file-t2"):
        (world.repository / name).write_text("something else")
        world.git("add", name)
        world.git("commit", "--quiet", "-m", name)
    world.git("branch", "-D", "topic")
    assert world.lost() == {"topic": 3}


def test_a_binary_file_is_compared_by_its_content(world: World) -> None:
    for branch, content in (("one", b"a\0b"), ("same", b"a\0b"), ("other", b"a\0c")):
        world.git("checkout", "--quiet", "-b", branch, "main")
        (world.repository / "binary").write_bytes(content)
        world.git("add", "binary")
        world.git("commit", "--quiet", "-m", branch)
    world.look()
    world.git("checkout", "--quiet", "main")
    world.git("branch", "-D", "other", "same")
    assert world.lost() == {"other": 1}


def test_a_branch_of_empty_commits_and_merges_holds_no_work(world: World) -> None:
    world.git("checkout", "--quiet", "-b", "checks", "main")
    world.git("commit", "--quiet", "--allow-empty", "-m", "try again")
    world.git("merge", "--quiet", "--no-edit", "topic")
    world.git("checkout", "--quiet", "main")
    world.look()
    world.git("branch", "-D", "checks")
    assert world.lost() == {}


def test_a_history_of_its_own_is_lost_from_its_root(world: World) -> None:
    import_history(world.repository, linear("o", 2), {"orphan": "o1"})
    world.look()
    world.git("branch", "-D", "orphan")
    assert world.lost() == {"orphan": 2}


def test_more_commits_than_are_compared_count_as_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignwatch.lost_work.judge._MOST_COMPARED", 1)
    world.git("cherry-pick", "topic")
    world.git("branch", "-D", "topic")
    assert world.lost() == {"topic": 2}


def test_a_branch_that_is_back_before_it_is_judged(world: World) -> None:
    world.git("branch", "-D", "topic")
    assert world.look() == 1
    world.git("branch", "topic", world.tip)
    assert world.lost() == {}


def test_a_branch_that_is_lost_brought_back_and_lost_again_counts_twice(world: World) -> None:
    for _ in range(2):
        world.git("branch", "-f", "topic", world.tip)
        world.look()
        world.git("branch", "-D", "topic")
        for _ in range(3):
            world.look()
    assert [event.branch for event in world.events()] == ["topic", "topic"]


EVERYDAY = [
    ["commit --quiet --allow-empty -m more"],
    ["commit --quiet --amend --allow-empty -m changed"],
    ["rebase --quiet main"],
    ["reset --quiet --soft HEAD~3", "commit --quiet -m all-in-one"],
    ["reset --quiet --hard HEAD~1"],
    ["reset --quiet --hard HEAD~2", "commit --quiet --allow-empty -m afresh"],
    ["rebase --quiet main", "checkout --quiet main", "merge --quiet --ff-only topic"],
    [
        "reset --quiet --soft HEAD~3",
        "commit --quiet -m one",
        "rebase --quiet main",
        "checkout --quiet main",
        "merge --ff-only topic",
    ],
]


@pytest.mark.parametrize("commands", EVERYDAY, ids=" ".join)
def test_everyday_rewriting_is_no_loss(world: World, commands: list[str]) -> None:
    world.git("checkout", "--quiet", "topic")
    world.look()
    for command in commands:
        world.git(*command.split())
    assert world.lost() == {}


def test_a_branch_that_was_reset_to_its_target_is_lost_an_hour_later(world: World) -> None:
    world.git("branch", "-f", "topic", "main")
    assert world.look() == 1
    assert world.look(SETTLED_SECONDS - 1) == 1
    assert world.events() == ()
    assert world.look(1) == 0
    (event,) = world.events()
    assert (event.branch, event.tip_before, event.tip_after, event.path_count) == (
        "topic",
        world.tip,
        world.git("rev-parse", "main"),
        3,
    )
    assert event.detail.startswith(f"git branch topic-lost {world.tip} brings it back")


def test_who_splits_a_commit_takes_it_back_first(world: World) -> None:
    world.git("branch", "-f", "topic", "main")
    world.look()
    world.git("checkout", "--quiet", "topic")
    world.git("commit", "--quiet", "--allow-empty", "-m", "first part")
    assert world.lost() == {}


def test_a_branch_that_was_reset_and_then_deleted(world: World) -> None:
    world.git("branch", "-f", "topic", "main")
    assert world.look() == 1
    world.git("branch", "-D", "topic")
    world.look()
    assert {event.branch: event.tip_after for event in world.events()} == {"topic": None}


@pytest.mark.parametrize("name", ["other", "tmp/x", "topic-backup-20260112"])
def test_primaries_ignored_branches_and_backups_are_not_judged(world: World, name: str) -> None:
    world.restart(primaries=("main", "other"), ignore=("tmp/*",))
    world.git("branch", "-m", "topic", name)
    world.look()
    world.git("branch", "-D", name)
    assert world.lost() == {}


def test_a_file_whose_name_has_a_line_end_is_only_not_searched_for(world: World) -> None:
    blob = world.git("rev-parse", "topic:file-t0")
    for branch in ("odd", "copy"):
        tree = git(world.repository, "mktree", "-z", stdin=b"100644 blob %s\ta\nb\0" % blob.encode())
        world.git("branch", branch, world.git("commit-tree", tree, "-m", branch))
    world.look()
    world.git("branch", "-D", "odd")
    assert world.lost() == {"odd": 1}


def test_hashes_of_the_other_kind(tmp_path: Path, git_runner: Git) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "--object-format=sha256", "app")
    world = World(tmp_path, git_runner)
    world.look()
    world.git("cherry-pick", "topic~1")
    world.git("branch", "-D", "topic")
    assert world.lost() == {"topic": 2}


def test_a_bare_repository_without_any_stash(tmp_path: Path, git_runner: Git) -> None:
    world = World(tmp_path, git_runner)
    git(tmp_path, "clone", "--quiet", "--bare", str(world.repository), str(tmp_path / "bare"))
    world.repository = tmp_path / "bare"
    world.restart()
    world.look()
    world.git("branch", "-D", "topic")
    assert world.lost() == {"topic": 3}


def test_what_was_before_the_first_look_is_not_judged(tmp_path: Path, git_runner: Git) -> None:
    made = World(tmp_path, git_runner)
    made.git("branch", "-D", "topic")
    assert made.lost() == {}


def test_the_last_look_survives_a_restart(world: World) -> None:
    world.git("branch", "-D", "topic")
    world.restart()
    assert world.look() == 1
    world.restart()
    assert world.look() == 0
    assert len(world.events()) == 1


def test_a_damaged_memory_is_as_good_as_none(world: World) -> None:
    (file,) = world.cache.iterdir()
    file.write_bytes(b"\xc1 damaged")
    world.git("branch", "-D", "topic")
    world.restart()
    assert world.lost() == {}
    world.git("branch", "topic", world.tip)
    world.look()
    world.git("branch", "-D", "topic")
    assert world.lost() == {"topic": 3}


def test_an_end_between_noting_and_remembering_counts_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.git("branch", "-D", "topic")
    world.look()

    def die(*_: object) -> None:
        raise OSError("the end")

    with monkeypatch.context() as patch:
        patch.setattr(Memory, "save", die)
        with pytest.raises(OSError, match="the end"):
            world.look()
    assert len(world.events()) == 1
    world.restart()
    world.look()
    assert len(world.events()) == 1
    assert world.journal.read(300, 0).event_totals[0].number == 1


def test_without_a_journal_it_waits(world: World) -> None:
    world.git("branch", "-D", "topic")
    world.look()
    journal, world.journal = world.journal, Journal(Path("/proc/nowhere/journal"))
    world.restart()
    with pytest.raises(AlignwatchError):
        world.look()
    world.journal = journal
    world.restart()
    assert world.lost() == {"topic": 3}


def test_nothing_is_read_while_no_ref_moves(world: World) -> None:
    shutil.rmtree(world.cache)
    assert world.look() == 0
    assert not world.cache.exists()


def test_what_cannot_be_judged_is_tried_again_and_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise GitError("git diff-tree: missing blob", reason="git")

    monkeypatch.setattr("alignwatch.lost_work.judge.loss_of", fail)
    world.git("branch", "-D", "topic")
    caplog.set_level(logging.WARNING)
    assert [world.look() for _ in range(21)] == [1] * 20 + [0]
    assert "whether work of branch 'topic' is lost cannot be told: git diff-tree" in caplog.text
    assert world.events() == ()


def test_one_that_cannot_be_judged_hides_no_other(world: World) -> None:
    import_history(world.repository, [Commit("a"), Commit("b", ["a"])], {"bad": "b"})
    tree = world.git("rev-parse", "bad^{tree}")
    world.look()
    (world.repository / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    world.git("branch", "-D", "bad", "topic")
    assert world.look() == 2
    assert world.look() == 1
    assert [event.branch for event in world.events()] == ["topic"]


def test_who_finds_no_time_is_judged_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.git("branch", "-D", "topic")
    world.look()
    with monkeypatch.context() as patch:
        patch.setattr(world.probe, "_deadline", 0.0)
        with pytest.raises(GitError, match="did not end within 0 s"):
            world.probe.read()
    assert world.lost() == {"topic": 3}


def test_the_repository_stays_as_it_was(world: World) -> None:
    world.git("branch", "-D", "topic")
    before = everything_in(world.repository)
    assert world.lost() == {"topic": 3}
    assert everything_in(world.repository) == before


def test_hundreds_at_once(world: World) -> None:
    topics = [Commit(f"x{number}") for number in range(30)]
    import_history(world.repository, topics, {f"bolt/{one.name}": one.name for one in topics})
    world.look()
    world.git("branch", "-D", *(f"bolt/{one.name}" for one in topics))
    for _ in range(20):
        if not world.look():
            break
    assert len(world.events()) == 30
