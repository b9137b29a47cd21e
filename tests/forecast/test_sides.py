"""What two sides did and where that meets, against what git says of merging the two."""

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignwatch.forecast.collisions import collided
from alignwatch.forecast.contenders import Contender, own_changes
from alignwatch.forecast.sides import follows_renames, intersection, meet, of_both, union
from alignwatch.git.changes import Changes
from alignwatch.git.command import Git
from alignwatch.git.merge_tree import Merge, try_merges
from alignwatch.snapshot import Verdict
from support.merges import branches_off, reference, throw_away_clone
from support.repositories import Commit, import_history, new_repository

TEXT = "".join(f"line {number}\n" for number in range(12))
BASE = {"a": TEXT, "b": "b\n", "d/1": f"1\n{TEXT}", "d/2": f"2\n{TEXT}"}
EDITED = {"a": TEXT.replace("line 3\n", "edited\n")}
RENAMED = {path.replace("d/", "e/"): text for path, text in BASE.items()}
Files = dict[str, str]


def without(*paths: str) -> Files:
    return {path: text for path, text in BASE.items() if path not in paths}


def judge(folder: Path, runner: Git, one: Files, other: Files) -> tuple[bool, Merge, list[bytes]]:
    """Whether the two sides meet, their merge, and the files in conflict for what both did."""
    made = new_repository(folder / "r", bare=True)
    ids = import_history(
        made,
        [
            Commit("base", files=BASE, whole=True),
            Commit("one", ["base"], one, whole=True),
            Commit("other", ["base"], other, whole=True),
        ],
        {"one": "one", "other": "other"},
    )
    sides = [Contender(ids[name], "main", (ids["base"],)) for name in ("one", "other")]
    left, right = own_changes(runner, made, sides, 10).values()
    merge = try_merges(runner, made, [(ids["one"], ids["other"])], 10).found[0]
    assert (collided(merge, left, right) is None) == merge.clean, "they have the same merge base"
    return meet(left, right), merge, of_both(merge.conflicts, left, right)


CONFLICTS = {
    "both edited one file": ({**BASE, **EDITED}, {**BASE, "a": "x\n"}),
    "both added one file": ({**BASE, "n": "1\n"}, {**BASE, "n": "2\n"}),
    "one edited what the other removed": ({**BASE, **EDITED}, without("a")),
    "one edited what the other renamed and edited": (
        {**BASE, **EDITED},
        {**without("a"), "x": TEXT.replace("line 3\n", "other\n")},
    ),
    "one removed what the other renamed": (without("a"), {**without("a"), "x": TEXT}),
    "both renamed one file": ({**without("a"), "x": TEXT}, {**without("a"), "y": TEXT}),
    "both renamed to one file": ({**without("d/1"), "x": BASE["d/1"]}, {**without("d/2"), "x": BASE["d/2"]}),
    "one added to a folder that the other renamed": ({**BASE, "d/new": "n\n"}, RENAMED),
    "a file where the other has a folder": ({**BASE, "n": "n\n"}, {**BASE, "n/x": "N\n"}),
    "a folder where the other edited a file": ({**BASE, "b": "B\n"}, {**without("b"), "b/x": "N\n"}),
}
CLEAN = {
    "different files": ({**BASE, **EDITED}, {**BASE, "b": "B\n"}),
    "the same edit": ({**BASE, **EDITED}, {**BASE, **EDITED, "b": "B\n"}),
    "the same new file": ({**BASE, "n": "n\n"}, {**BASE, "n": "n\n"}),
    "one added beside what the other edited": ({**BASE, "d/new": "n\n"}, {**BASE, "d/1": "1\n"}),
}


@pytest.mark.parametrize(("one", "other"), CONFLICTS.values(), ids=CONFLICTS)
def test_sides_that_conflict_meet(tmp_path: Path, git_runner: Git, one: Files, other: Files) -> None:
    met, merge, counted = judge(tmp_path, git_runner, one, other)
    assert met
    assert not merge.clean
    assert counted == list(merge.conflicts)


@pytest.mark.parametrize(("one", "other"), CLEAN.values(), ids=CLEAN)
def test_sides_that_do_not_meet_need_no_merge(
    tmp_path: Path, git_runner: Git, one: Files, other: Files
) -> None:
    met, merge, _ = judge(tmp_path, git_runner, one, other)
    assert (met, merge.clean) == (False, True)


def test_lines_apart_in_one_file_meet_and_merge(tmp_path: Path, git_runner: Git) -> None:
    other = {**BASE, "a": TEXT.replace("line 9\n", "other\n")}
    met, merge, _ = judge(tmp_path, git_runner, {**BASE, **EDITED}, other)
    assert (met, merge.clean) == (True, True)


def test_a_file_that_one_side_left_as_it_was_is_not_counted() -> None:
    one = Changes(changed={b"own", b"mine"}, versions={b"own\x00100644 1", b"mine\x00100644 2"})
    other = Changes(changed={b"own", b"theirs"}, versions={b"own\x00100644 3", b"theirs\x00100644 4"})
    conflicts = {
        b"own": (b"1", b"3"),
        b"mine": (b"2", b"9"),
        b"theirs": (None, b"4"),
        b"inherited": (b"8", b"9"),
        b"renamed": (b"2", b"4"),
    }
    assert of_both(conflicts, one, other) == [b"own", b"renamed"]


def test_what_differs_from_any_and_from_each() -> None:
    first = Changes(changed={b"a", b"b"}, added={b"a"}, removed={b"b"}, versions={b"a 1"})
    second = Changes(changed={b"a"}, removed_folders={b"d"}, versions={b"a 1"})
    assert union([first, second]) == Changes({b"a", b"b"}, {b"a"}, {b"b"}, {b"d"}, {b"a 1"})
    assert intersection([first, second]) == Changes(changed={b"a"}, versions={b"a 1"})
    assert union([first]) is intersection([first]) is first
    assert union([]) == Changes()


def test_renames_are_followed_by_what_was_changed_and_by_what_was_added() -> None:
    renamed = Changes(removed={b"old"}, removed_folders={b"d"})
    assert follows_renames(Changes(changed={b"old"}), renamed)
    assert follows_renames(Changes(changed={b"d/x"}, added={b"d/x"}), renamed)
    assert not follows_renames(Changes(changed={b"e/x"}, added={b"e/x"}), renamed)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_of_branches_that_left_at_one_place_no_conflict_is_missed(
    chance: random.Random, tmp_path_factory: pytest.TempPathFactory, git_runner: Git
) -> None:
    folder = tmp_path_factory.mktemp("random")
    made = new_repository(folder / "r", bare=True)
    history = branches_off(chance, 6)
    ids = import_history(made, history, {commit.name: commit.name for commit in history})
    base = ids.pop("base")
    changes = own_changes(git_runner, made, [Contender(tip, "main", (base,)) for tip in ids.values()], 10)
    clone = throw_away_clone(made, folder / "clone")
    for (one, ones), (other, others) in itertools.combinations(changes.items(), 2):
        verdict = reference(clone, one.tip, other.tip)
        # git 2.39 crashes on some renames.
        if verdict is not None and not meet(ones, others):
            assert verdict == Verdict(True, 0)
