"""What a refresh costs, in runs of git, and that it is right whichever way it takes."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from alignwatch.divergence import measurer as module
from alignwatch.divergence.measurer import Measured, Measurer
from alignwatch.divergence.memory import Kept, Memory
from alignwatch.git.command import Git
from alignwatch.git.revisions import Drift, Environment, Pair, compare
from support.drifts import assert_same, reference
from support.fake_git import fake_git
from support.repositories import Commit, git, import_history, linear, new_repository


class Bench:
    """A repository, what is asked of it, and which commands of git that takes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = new_repository(folder / "app", bare=True)
        self._log = folder / "log"
        self.git = fake_git(folder, f'echo "$*" >> {self._log}\nexec git "$@"')
        self.measurer = self.restarted()

    def restarted(self) -> Measurer:
        """One that knows only what is on disk."""
        return Measurer(self.git, self.repository, self.folder / "cache")

    def look(self, seconds: float = 30) -> Measured:
        """Every branch against main, each of which is checked."""
        self._log.write_text("")
        pairs = self.pairs()
        measured = self.measurer.measure(pairs, [tip for tip, _ in pairs], "", seconds)
        for pair, drift in measured.drifts.items():
            assert_same(drift, reference(self.repository, *pair))
        return measured

    def pairs(self) -> list[Pair]:
        """Commits of each branch and of main."""
        tips = git(self.repository, "for-each-ref", "--format=%(objectname)", "refs/heads").split()
        return [(tip, git(self.repository, "rev-parse", "main")) for tip in tips]

    def commands(self) -> list[str]:
        """What was run since the last look began; options of rev-list tell what for."""
        kinds = {
            "topo-order": "walk",
            "max-count": "line",
            "left-right": "count",
            "no-walk=unsorted": "tips",
            "no-walk": "times",
            "merge-base": "merge-base",
        }
        return [
            next(kind for option, kind in kinds.items() if re.search(rf"(--| ){option}( |=|$)", line))
            for line in self._log.read_text().splitlines()
        ]

    def commit(self, branch: str, *parents: str) -> str:
        """Puts a commit on a branch, whose parents are the branch's tip and others."""
        named = [argument for one in (branch, *parents) for argument in ("-p", one)]
        tree = git(self.repository, "rev-parse", f"{branch}^{{tree}}")
        made = git(self.repository, "commit-tree", tree, *named, "-m", str(random.random()))
        git(self.repository, "update-ref", f"refs/heads/{branch}", made)
        return made


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """main with ten commits; twelve branches that leave it; all of it known."""
    made = Bench(tmp_path)
    branches = {f"b{number}": f"b{number}-1" for number in range(12)}
    history = linear("m", 10)
    for number in range(12):
        history += linear(f"b{number}-", 2, f"m{number % 9}")
    import_history(made.repository, [*history, Commit("o")], {"main": "m9", "orphan": "o", **branches})
    Memory(made.repository, tmp_path / "cache").save(Kept(walk_seconds=60, commits=1000))
    made.look()
    assert made.commands() == ["walk", "tips"]
    return made


def test_nothing_is_run_where_nothing_moved(bench: Bench) -> None:
    known = bench.look()
    assert bench.commands() == []
    assert bench.look().drifts == known.drifts
    bench.measurer = bench.restarted()
    assert bench.look().drifts == known.drifts
    assert bench.commands() == []


def test_commits_on_top_of_branches_and_of_the_target_take_one_run(bench: Bench) -> None:
    for branch in ("b1", "b1", "b2", "orphan", "main", "main"):
        bench.commit(branch)
    assert len(bench.look().drifts) == 14
    # main's own pair is behind nothing, so that it cannot follow from what was.
    assert bench.commands() == ["line", "times"]


def test_a_few_that_moved_otherwise_are_looked_at_one_by_one(bench: Bench) -> None:
    git(bench.repository, "update-ref", "refs/heads/b3", "b3~1")
    git(bench.repository, "update-ref", "refs/heads/b4", "b5~2")
    bench.look()
    assert "walk" not in bench.commands()
    bench.commit("b6", "main")
    bench.look()
    assert bench.commands() == ["line", "count", "times"]


def test_many_are_walked_at_once(bench: Bench) -> None:
    bench.commit("main", "b7")
    bench.look()
    assert bench.commands() == ["line", "walk"]


def test_a_look_at_one_that_takes_longer_than_a_walk_is_given_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory(bench.repository, bench.folder / "cache")
    memory.save(msgspec.structs.replace(memory.load(), walk_seconds=0.1))
    bench.measurer = bench.restarted()
    hanging = fake_git(bench.folder / "cache", "sleep 60")
    given: list[float] = []

    def compare_slowly(_: Git, path: Path, pair: Pair, seconds: float, __: Environment) -> Drift:
        given.append(seconds)
        return compare(hanging, path, pair, seconds)

    monkeypatch.setattr(module, "compare", compare_slowly)
    for branch in ("b3", "b4"):
        git(bench.repository, "update-ref", f"refs/heads/{branch}", f"{branch}~1")
    assert len(bench.look().drifts) == 14
    # The second is not even begun.
    (seconds,) = given
    assert seconds <= 0.1
    assert bench.commands() == ["line", "walk"]


def test_another_history_of_the_same_commits_is_measured_anew(bench: Bench) -> None:
    tip, target = bench.pairs()[0]
    (bench.repository / "shallow").write_text(git(bench.repository, "rev-parse", "main~1") + "\n")
    measured = bench.measurer.measure([(tip, target)], [tip], "shallow", 30)
    assert_same(measured.drifts[tip, target], reference(bench.repository, tip, target))


def test_what_is_gone_is_forgotten_and_what_is_kept_can_be_lost(bench: Bench) -> None:
    git(bench.repository, "update-ref", "-d", "refs/heads/b1")
    assert len(bench.look().drifts) == 13
    for file in (bench.folder / "cache").glob("divergence-*"):
        file.write_bytes(b"nonsense")
    bench.measurer = bench.restarted()
    assert len(bench.look().drifts) == 13
    assert bench.commands() == ["walk", "tips"]


def test_a_cache_that_cannot_be_written_costs_only_time(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    without = Measurer(bench.git, bench.repository, tmp_path / "file" / "cache")
    assert without.measure(bench.pairs(), [], "", 30).drifts == bench.look().drifts
    nowhere = Measurer(bench.git, bench.repository, None)
    assert nowhere.measure(bench.pairs(), [], "", 30).drifts == bench.look().drifts


def loosen(repository: Path) -> Callable[[str], Path]:
    """Every object in a file of its own; returns how to find it."""
    packs = list((repository / "objects" / "pack").glob("*.pack"))
    for pack in packs:
        data = pack.read_bytes()
        for file in pack.parent.glob(f"{pack.stem}.*"):
            file.unlink()
        git(repository, "unpack-objects", "-q", stdin=data)
    return lambda oid: repository / "objects" / oid[:2] / oid[2:]


def test_a_missing_commit_costs_the_branches_above_it_and_no_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_of = loosen(bench.repository)
    missing = file_of(git(bench.repository, "rev-parse", "b2~1"))
    kept = missing.read_bytes()
    missing.unlink()
    for file in (bench.folder / "cache").glob("divergence-*"):
        file.unlink()
    bench.measurer = bench.restarted()
    broken = git(bench.repository, "rev-parse", "b2")
    first = bench.look()
    assert {tip for tip, _ in bench.pairs()} - {tip for tip, _ in first.drifts} == {broken}
    assert first.problem is not None
    # 14 pairs: their halves, down to one.
    assert bench.commands().count("walk") <= 9

    bench.look()
    assert bench.commands() == []
    bench.commit("main", "b7")
    second = bench.look()
    assert len(second.drifts) == 13
    assert bench.commands().count("walk") == 2

    missing.write_bytes(kept)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    third = bench.look()
    assert (len(third.drifts), third.problem) == (14, None)


def test_a_damaged_tip_is_described_by_nobody_and_hides_no_other(bench: Bench) -> None:
    broken = bench.commit("b2")
    file = bench.repository / "objects" / broken[:2] / broken[2:]
    file.chmod(0o644)
    file.write_bytes(b"nonsense")
    measured = bench.look()
    assert (len(measured.drifts), len(measured.tips)) == (13, 13)
    assert broken in (measured.problem or "")


def test_a_walk_that_there_is_no_time_for_is_tried_again_later(bench: Bench) -> None:
    slow = fake_git(bench.folder, 'case "$*" in *topo-order*) sleep 60;; esac\nexec git "$@"')
    hurried = Measurer(slow, bench.repository, None)
    measured = hurried.measure(bench.pairs(), [], "", 0.3)
    assert measured.drifts == {}
    assert "did not end within" in (measured.problem or "")


def test_what_is_no_commit_is_unknown(bench: Bench) -> None:
    main = git(bench.repository, "rev-parse", "main")
    blob = git(bench.repository, "hash-object", "-w", "--stdin", stdin=b"x")
    pairs = [(blob, main), ("1" * 40, main), (main, main)]
    measured = bench.measurer.measure(pairs, [blob, "1" * 40, main], "", 30)
    assert (set(measured.drifts), set(measured.tips)) == ({(main, main)}, {main})
    assert "is a blob, not a commit" in (measured.problem or "")


def test_without_git_nothing_is_known(tmp_path: Path) -> None:
    measured = Measurer(Git("no-such-git"), tmp_path, None).measure([("1" * 40, "2" * 40)], [], "", 5)
    assert measured.drifts == {}
    assert "no-such-git" in (measured.problem or "")
