import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.git.command import Git, GitError
from alignwatch.git.shadow import Shadow
from alignwatch.journal.events import Event
from alignwatch.journal.store import Journal
from alignwatch.probes.primaries import PrimariesProbe
from alignwatch.settings import Repository, Target
from alignwatch.state_dir import name_in_cache
from support.fake_git import fake_git
from support.primaries import Story, text
from support.repositories import ENVIRONMENT, import_history, linear, new_repository


class World:
    """A repository, a state folder, and exporters that come and go."""

    def __init__(self, folder: Path, runner: Git) -> None:
        self.story = Story(folder / "app", runner)
        self.journal_file = folder / "state" / "journal.sqlite3"
        self.cache = folder / "state" / "cache"
        self.folder = folder
        self._runner = runner

    def probe(
        self, git: Git | None = None, journal: Journal | None = None, patience: float = 60.0, **settings: Any
    ) -> PrimariesProbe:
        """What an exporter that has just begun looks with."""
        repository = Repository(
            path=str(self.story.folder), **{"primaries": ("main", "scientific"), **settings}
        )
        noted = journal or Journal(self.journal_file)
        return PrimariesProbe(git or self._runner, repository, noted, self.cache, 10.0, patience)

    def git(self, script: str) -> Git:
        """A git that does what the script says, and else what git does."""
        return fake_git(self.folder, f'{script}\nexec git "$@"')

    @property
    def events(self) -> list[Event]:
        """What is noted, the oldest first."""
        with Journal(self.journal_file) as journal:
            return list(journal.events())[::-1]

    @property
    def kinds(self) -> list[str]:
        return [one.event for one in self.events]


@pytest.fixture
def world(tmp_path: Path, git_runner: Git) -> World:
    """``main`` and ``scientific`` with a commit each."""
    made = World(tmp_path, git_runner)
    made.story.commit(a="a\n", b="b\n")
    made.story.on("scientific", "main")
    made.story.commit(s="s\n")
    made.story.on("main")
    return made


def test_what_was_before_the_first_look_is_not_judged(world: World) -> None:
    world.story.commit(a="")
    reading = world.probe().read()
    assert world.events == []
    assert reading.tips == {name: world.story.tip(name) for name in ("main", "scientific")}


def test_each_move_is_judged_once(world: World) -> None:
    probe = world.probe()
    first = probe.read()
    assert probe.read() is first
    old = world.story.tip()
    new = world.story.commit(a="")
    assert probe.read().tips["main"] == new
    probe.read()
    (event,) = world.events
    assert (event.repository, event.event, event.branch) == ("app", "emptied", "main")
    assert (event.tip_before, event.tip_after, event.commit) == (old, new, new)
    assert (event.paths, event.path_count) == (("a.txt",), 1)


def test_nothing_is_asked_of_git_while_nothing_moves_but_where_the_primaries_are(world: World) -> None:
    log = world.folder / "log"
    probe = world.probe(world.git(f'echo "$*" >> {log}'))
    probe.read()
    log.unlink()
    probe.read()
    (command,) = log.read_text().splitlines()
    assert "for-each-ref" in command


def test_a_move_while_no_exporter_ran(world: World) -> None:
    world.probe().read()
    world.story.commit(a="")
    world.probe().read()
    world.probe().read()
    assert world.kinds == ["emptied"]


def test_two_exporters_with_one_journal(world: World) -> None:
    one, other = world.probe(), world.probe()
    one.read()
    other.read()
    world.story.commit(a="")
    tips = one.read().tips
    assert other.read().tips == tips
    assert world.kinds == ["emptied"]


def test_another_exporter_was_quicker(world: World) -> None:
    other = world.probe()
    other.read()

    class Slow(Journal):
        def note_events(self, *arguments: Any, **named: Any) -> bool:
            other.read()
            return super().note_events(*arguments, **named)

    slow = world.probe(journal=Slow(world.journal_file))
    slow.read()
    new = world.story.commit(a="")
    slow.read()
    assert world.kinds == ["emptied"]
    assert slow.read().tips["main"] == new


def test_another_process_is_judging(world: World) -> None:
    probe = world.probe()
    before = probe.read()
    new = world.story.commit(a="")
    shadow = Shadow(world.cache / name_in_cache("primaries", world.story.folder), world.story.folder)
    with shadow.opened(new):
        assert probe.read() == before
    assert probe.read().tips["main"] == new
    assert world.kinds == ["emptied"]


def test_deleted_and_back_again(world: World) -> None:
    probe = world.probe()
    old = world.story.tip()
    probe.read()
    world.story.on("elsewhere", "main")
    world.story.git("branch", "-D", "main")
    assert set(probe.read().tips) == {"scientific"}
    world.story.on("main", "elsewhere")
    new = world.story.commit(a="")
    assert probe.read().tips["main"] == new
    (event,) = world.events
    assert (event.event, event.tip_before) == ("emptied", old)


def test_a_primary_that_comes_later(world: World) -> None:
    world.story.git("branch", "-m", "scientific", "other")
    probe = world.probe()
    probe.read()
    world.story.git("branch", "-m", "other", "scientific")
    assert set(probe.read().tips) == {"main", "scientific"}
    assert world.events == []


def test_a_primary_at_a_commit_that_is_not_there(world: World) -> None:
    probe = world.probe()
    probe.read()
    judged = world.story.tip()
    new = world.story.commit(a="")
    (world.story.folder / ".git" / "refs" / "heads" / "scientific").write_text("1" * 40 + "\n")
    with pytest.raises(GitError, match=r"'scientific' is at the commit 1111.* which is not there"):
        probe.read()
    assert [(one.tip_before, one.tip_after) for one in world.events] == [(judged, new)]
    world.story.git("update-ref", "refs/heads/scientific", new)
    assert probe.read().tips["scientific"] == new
    assert set(world.kinds) == {"emptied", "rewound"}


def test_an_old_tip_that_was_pruned_after_a_rewind(world: World) -> None:
    world.story.commit(c="c\n")
    probe = world.probe()
    probe.read()
    world.story.git("reset", "--quiet", "--hard", "HEAD~1")
    world.story.git("reflog", "expire", "--expire=now", "--all")
    world.story.git("gc", "--quiet", "--prune=now")
    probe.read()
    (event,) = world.events
    assert event.event == "rewound"
    assert "not in the repository any more" in event.detail


def test_a_primary_that_moves_while_it_is_judged(world: World) -> None:
    world.probe().read()
    world.story.commit(a="")
    world.story.on("next", "main")
    later = world.story.commit(b="")
    racing = world.git(
        f'case "$*" in *diff-tree*) git -C {world.story.folder} update-ref refs/heads/main {later};; esac'
    )
    probe = world.probe(racing)
    assert probe.read().tips["main"] != later
    assert [one.paths for one in world.events] == [("a.txt",)]
    assert probe.read().tips["main"] == later
    assert [one.paths for one in world.events] == [("a.txt",), ("b.txt",)]


def test_a_pair_that_must_never_be_merged(world: World) -> None:
    probe = world.probe(never_merge=(("main", "scientific"), ("scientific", "absent")))
    probe.read()
    merge = world.story.merge("scientific")
    probe.read()
    (event,) = world.events
    assert (event.event, event.branch, event.commit) == ("never_merge", "main", merge)
    world.story.git("branch", "-f", "scientific", "main")
    probe.read()
    assert [(one.event, one.branch) for one in world.events[1:]] == [("never_merge", "scientific")]


def test_targets_are_primaries(world: World) -> None:
    probe = world.probe(primaries=("main",), targets=(Target(branches="x*", target="scientific"),))
    assert set(probe.read().tips) == {"main", "scientific"}


def test_a_journal_that_cannot_be_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = world.probe()
    probe.read()
    world.story.commit(a="")
    with monkeypatch.context() as broken:
        broken.setattr(Journal, "note_events", lambda *_: (_ for _ in ()).throw(AlignwatchError("disk full")))
        with pytest.raises(AlignwatchError, match="disk full"):
            probe.read()
    probe.read()
    assert world.kinds == ["emptied"]


def test_a_journal_that_was_lost_does_not_swallow_a_move(world: World) -> None:
    probe = world.probe()
    probe.read()
    for file in world.journal_file.parent.glob("journal.sqlite3*"):
        file.unlink()
    world.story.commit(a="")
    probe.read()
    assert world.kinds == ["emptied"]


def test_a_hung_git_costs_one_move_its_judgement_and_the_other_a_look(world: World) -> None:
    patient = world.probe()
    patient.read()
    for branch in ("main", "scientific"):
        world.story.on(branch)
        world.story.commit(a="")
    hung = world.git('case "$*" in *diff-tree*) sleep 60;; esac')
    probe = world.probe(hung, patience=4.0)
    tips = probe.read().tips
    assert set(tips) == {"main", "scientific"}
    assert world.kinds == ["unjudged"]
    world.probe().read()
    assert [(one.branch, one.event) for one in world.events] == [
        ("main", "unjudged"),
        ("scientific", "emptied"),
    ]


def test_a_git_that_hangs_at_once(world: World) -> None:
    settings = Repository(path=str(world.story.folder))
    journal = Journal(world.journal_file)
    probe = PrimariesProbe(world.git("sleep 60"), settings, journal, world.cache, 0.2, 60.0)
    with pytest.raises(GitError, match=r"did not end within 0\.2 s"):
        probe.read()


def test_what_is_logged_is_one_harmless_line(world: World, caplog: pytest.LogCaptureFixture) -> None:
    probe = world.probe()
    names = ["\x1b[31mred\nnew line.txt", "b.py", "c.py", "d.py", "e.py"]
    for name in names:
        world.story.write(name, "x\n")
    world.story.commit()
    probe.read()
    for name in names:
        world.story.write(name, "")
    commit = world.story.commit()
    with caplog.at_level(logging.WARNING, "alignwatch"):
        probe.read()
    (message,) = caplog.messages
    assert message == (
        f"app: primary 'main': emptied by {commit}: 5 files that had content, and no byte now "
        r"(\x1b[31mred\nnew line.txt, b.py, c.py and 2 more)"
    )


SCRIPT = """
import os, sys
from pathlib import Path
from alignwatch.git.command import Git
from alignwatch.journal.store import Journal
from alignwatch.probes.primaries import PrimariesProbe
from alignwatch.settings import Repository

app, state, git = map(Path, sys.argv[1:4])
class Doomed(Journal):
    def note_events(self, *arguments):
        noted = super().note_events(*arguments)
        if sys.argv[4] == "noted":
            os.kill(os.getpid(), 9)
        return noted
repository = Repository(path=str(app), primaries=("main", "scientific"))
journal = Doomed(state / "journal.sqlite3")
PrimariesProbe(Git(str(git)), repository, journal, state / "cache", 60.0, 60.0).read()
"""


@pytest.mark.parametrize("moment", ["judging", "noted"])
def test_killed_at_the_worst_moment(world: World, moment: str) -> None:
    world.probe().read()
    world.story.commit(a="")
    killer = 'case "$*" in *diff-tree*) kill -9 $PPID;; esac' if moment == "judging" else ""
    world.git(killer)
    places = [world.story.folder, world.journal_file.parent, world.folder / "fake-git"]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(os.fspath, places), moment],
        capture_output=True,
        env={**ENVIRONMENT, "PATH": os.environ["PATH"]},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert world.kinds == ([] if moment == "judging" else ["emptied"])
    world.probe().read()
    assert world.kinds == ["emptied"]


def test_an_empty_repository_and_none(tmp_path: Path, git_runner: Git) -> None:
    folder = new_repository(tmp_path / "empty", bare=True)
    journal = Journal(tmp_path / "state" / "journal.sqlite3")
    probe = PrimariesProbe(git_runner, Repository(path=str(folder)), journal, tmp_path / "cache", 10, 60)
    assert probe.read().tips == {}
    absent = Repository(path=str(tmp_path / "none"))
    with pytest.raises(GitError, match="no such folder"):
        PrimariesProbe(git_runner, absent, journal, tmp_path / "cache", 10, 60).read()


def test_a_repository_with_sha256(tmp_path: Path, git_runner: Git) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    story = Story(folder, git_runner)
    story.git("init", "--quiet", "--initial-branch=main", "--object-format=sha256")
    journal = Journal(tmp_path / "state" / "journal.sqlite3")
    probe = PrimariesProbe(git_runner, Repository(path=str(folder)), journal, tmp_path / "cache", 60, 60)
    story.commit(a="a\n", b=text("b", 5))
    story.on("topic", "main")
    story.commit(b=text("b", 5) + text("theirs", 5))
    story.on("main")
    story.commit(b=text("b", 5) + text("ours", 60))
    probe.read()
    story.merge("-X", "theirs", "topic")
    story.commit(a="")
    probe.read()
    with journal:
        assert {one.event for one in journal.events()} == {"emptied", "lines_lost"}


def test_many_looks_at_many_moves_count_each_once(world: World) -> None:
    ids: Mapping[str, str] = import_history(world.story.folder, linear("m", 6), {"main": "m0"})
    probe = world.probe()
    for name in ("m0", "m3", "m1", "m5", "m2"):
        world.story.git("update-ref", "refs/heads/main", ids[name])
        probe.read()
    assert world.kinds == ["rewound", "rewound"]
