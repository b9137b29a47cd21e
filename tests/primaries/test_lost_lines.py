import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignwatch.git.command import Git
from alignwatch.primaries import decisions, lost_lines
from alignwatch.primaries.finding import Finding
from support.merges import random_history
from support.primaries import Story, text
from support.repositories import import_history


def lost(story: Story, old: str) -> list[Finding]:
    return [one for one in story.judge(old) if one.event == "lines_lost"]


def contested(story: Story, ours: int = 600, theirs: int = 5) -> str:
    """``main`` and ``topic`` both add lines at the end of one file; returns where ``main`` is."""
    story.commit(a=text("base", 20), b=text("other", 20))
    story.on("topic", "main")
    story.commit(a=text("base", 20) + text("theirs", theirs))
    story.on("main")
    return story.commit(a=text("base", 20) + text("ours", ours), b=text("other", 21))


def test_merge_with_strategy_option_theirs_that_drops_600_lines(story: Story) -> None:
    old = contested(story)
    merge = story.merge("-X", "theirs", "topic")
    story.commit(c="later\n")
    (found,) = lost(story, old)
    assert (found.commit, found.paths, found.path_count) == (merge, ("a.txt",), 1)
    assert found.detail.startswith("the merge lacks 600 lines that a parent had and no side removed, 600")


def test_merge_with_strategy_option_ours_that_drops_the_branch_s_lines(story: Story) -> None:
    old = contested(story, ours=5, theirs=60)
    story.merge("-X", "ours", "topic")
    assert len(lost(story, old)) == 1


def test_fewer_lines_are_not_many(story: Story) -> None:
    old = contested(story, ours=49)
    story.merge("-X", "theirs", "topic")
    assert lost(story, old) == []


def test_a_little_of_many_files_is_much(story: Story) -> None:
    names = [f"f{number}" for number in range(7)]
    story.commit(**dict.fromkeys(names, "base line\n"))
    story.on("topic", "main")
    story.commit(**{name: f"base line\n{name} theirs\n" for name in names})
    story.on("main")
    old = story.commit(**{name: "base line\n" + text(name, 30) for name in names})
    story.merge("-X", "theirs", "topic")
    (found,) = lost(story, old)
    assert found.path_count == 7
    assert "210 lines" in found.detail
    assert "30 of them" in found.detail


def test_merge_with_strategy_ours_drops_a_branch_that_would_merge_cleanly(story: Story) -> None:
    story.commit(a=text("base", 20))
    story.on("topic", "main")
    story.commit(new__file=text("theirs", 120), a=text("base", 20) + text("more", 60))
    story.on("main")
    old = story.commit(c="ours\n")
    story.merge("-s", "ours", "topic")
    (found,) = lost(story, old)
    assert found.paths == ("new/file.txt", "a.txt")
    assert "180 lines" in found.detail


def test_checkout_of_their_version_of_a_file_that_would_merge_cleanly(story: Story) -> None:
    story.commit(a=text("base", 100))
    story.on("topic", "main")
    story.commit(a=text("base", 100).replace("line 99\n", "line 99 theirs\n"))
    story.on("main")
    old = story.commit(a=text("ours", 80) + text("base", 100))
    story.git("merge", "--no-ff", "--no-commit", "topic")
    story.git("checkout", "topic", "--", "a.txt")
    merge = story.commit()
    (found,) = lost(story, old)
    assert found.commit == merge


def test_main_dropped_inside_a_branch_that_then_merges_cleanly(story: Story) -> None:
    old = contested(story)
    story.on("topic")
    culprit = story.merge("-X", "ours", "main")
    story.on("main")
    story.merge("topic")
    (found,) = lost(story, old)
    assert found.commit == culprit


def test_what_was_restored_before_it_arrived_is_not_lost(story: Story) -> None:
    old = contested(story)
    story.on("topic")
    story.merge("-X", "ours", "main")
    story.git("checkout", old, "--", "a.txt")
    story.commit()
    story.on("main")
    story.merge("topic")
    assert lost(story, old) == []


def test_conflict_resolved_by_hand_so_that_both_sides_stay(story: Story) -> None:
    old = contested(story, 300, 300)
    story.merge("topic", check=False)
    both = [text("base", 20), text("theirs", 300), text("ours", 300)]
    story.commit(a="".join(both).replace("\n", "\r\n").replace("ours", "  ours"))
    assert story.events(old) == []


def test_conflict_whose_lines_were_moved_to_another_file(story: Story) -> None:
    old = contested(story, 300, 5)
    story.merge("topic", check=False)
    story.commit(a=text("base", 20) + text("theirs", 5), elsewhere=text("ours", 300))
    assert story.events(old) == []


def test_a_large_refactoring_is_none(story: Story) -> None:
    story.commit(**{f"old__f{number}": text(f"f{number}", 200) for number in range(10)}, kept="kept\n")
    story.on("refactoring", "main")
    story.git("mv", "old", "new")
    for number in range(10):
        kept = text(f"f{number}", 130)
        story.write(f"new/f{number}.txt", "".join(f"    {line}\r\n" for line in kept.splitlines()))
    story.commit()
    story.on("main")
    old = story.commit(kept="kept\nand more\n")
    story.merge("refactoring")
    assert story.events(old) == []


def test_a_file_deleted_on_purpose_where_the_other_side_changed_a_little(story: Story) -> None:
    story.commit(a=text("base", 700), b="b\n")
    story.on("topic", "main")
    story.commit(a=None)
    story.on("main")
    old = story.commit(a=text("base", 700) + "one more line\n")
    story.merge("topic", check=False)
    story.git("rm", "--quiet", "a.txt")
    story.commit()
    assert lost(story, old) == []


def test_a_file_renamed_here_and_rewritten_there(story: Story) -> None:
    story.commit(a=text("base", 100))
    story.on("topic", "main")
    story.commit(a=text("base", 90) + text("theirs", 60))
    story.on("main")
    story.git("mv", "a.txt", "moved.txt")
    old = story.commit(moved=text("base", 90) + text("ours", 60))
    story.merge("topic", check=False)
    story.commit(moved=text("base", 90) + text("ours", 60) + text("theirs", 60))
    assert story.events(old) == []
    story.on("main", old)
    story.merge("topic", check=False)
    story.commit(moved=text("base", 90) + text("ours", 60))
    assert len(lost(story, old)) == 1


def test_octopus(story: Story) -> None:
    old = story.commit(a=text("base", 20))
    for name in ("one", "two", "three"):
        story.on(name, old)
        story.commit(**{name: text(name, 90)})
    story.on("main")
    story.merge("one", "two", "three")
    assert story.events(old) == []
    story.on("main", old)
    story.commit(b="b\n")
    story.merge("-s", "ours", "one", "two", "three")
    (found,) = lost(story, old)
    assert found.path_count == 3


def test_octopus_of_branches_in_conflict(story: Story) -> None:
    start = story.commit(a=text("base", 5))
    for name in ("one", "two"):
        story.on(name, start)
        story.commit(a=text("base", 5) + text(name, 70))
    story.on("main", start)
    old = story.commit(a=text("base", 5) + text("main", 70))
    story.merge("-s", "ours", "one", "two")
    (found,) = lost(story, old)
    assert found.paths == ("a.txt",)


def test_criss_cross(story: Story) -> None:
    start = story.commit(a=text("a", 30), b=text("b", 30))
    story.on("topic", start)
    left = story.commit(a=text("a", 30) + text("left", 80))
    story.on("main")
    right = story.commit(b=text("b", 30) + text("right", 80))
    story.merge(left)
    story.on("topic")
    story.merge(right)
    story.commit(c="c\n")
    story.on("main")
    old = story.commit(d="d\n")
    story.merge("topic")
    assert story.events(start) == []
    story.on("main", old)
    story.on("topic")
    story.commit(a=text("a", 30) + text("left", 80) + text("end", 1))
    story.on("main")
    old = story.commit(a=text("a", 30) + text("left", 80) + text("tail", 90))
    story.merge("-X", "theirs", "topic")
    assert len(lost(story, old)) == 1


def test_histories_without_a_common_commit(story: Story) -> None:
    old = story.commit(a=text("a", 30))
    story.git("checkout", "--quiet", "--orphan", "other")
    story.git("rm", "-rf", "--quiet", ".")
    story.commit(b=text("b", 90))
    story.on("main")
    story.merge("--allow-unrelated-histories", "other")
    assert story.events(old) == []
    story.on("main", old)
    story.merge("--allow-unrelated-histories", "-s", "ours", "other")
    assert len(lost(story, old)) == 1


def test_a_merge_that_is_reverted_and_merged_again(story: Story) -> None:
    story.commit(a=text("a", 30))
    story.on("topic", "main")
    story.commit(b=text("b", 90))
    story.on("main")
    old = story.merge("topic")
    story.git("revert", "--no-edit", "-m", "1", old)
    story.on("topic")
    story.commit(c="c\n")
    story.on("main")
    story.merge("topic")
    story.git("revert", "--no-edit", story.tip("main^"))
    assert story.events(old) == []


def test_a_squashed_merge(story: Story) -> None:
    old = contested(story, ours=5)
    story.on("clean", "main")
    story.commit(b=text("b", 90))
    story.on("main")
    story.git("merge", "--squash", "clean")
    story.commit()
    assert story.events(old) == []


def test_binary_files_have_no_lines(story: Story) -> None:
    story.commit(a=b"\0base\n" * 100)
    story.on("topic", "main")
    story.commit(a=b"\0theirs\n" * 200)
    story.on("main")
    old = story.commit(a=b"\0ours\n" + b"".join(b"\0line %d\n" % number for number in range(300)))
    story.merge("-X", "theirs", "topic")
    assert story.events(old) == []


def test_a_file_that_became_a_folder_a_link_or_a_submodule(story: Story) -> None:
    base = story.commit(a=text("base", 90), b=text("more", 90))
    story.on("topic", "main")
    story.git("rm", "--quiet", "a.txt")
    (story.folder / "a.txt").symlink_to("b.txt")
    story.git("update-index", "--add", "--cacheinfo", f"160000,{base},module")
    story.commit()
    story.on("main")
    old = story.commit(c="c\n")
    story.merge("topic")
    assert story.events(old) == []


def test_names_that_people_do_not_give(story: Story) -> None:
    name = b'quo"te \\ new\nline \xff -x'.decode("utf-8", "surrogateescape")
    story.write(name, text("base", 5))
    story.write("--option", text("base", 5))
    story.commit()
    story.on("topic", "main")
    story.write(name, text("base", 5) + "theirs, and nothing else\n")
    story.commit()
    story.on("main")
    story.write(name, text("base", 5) + text("ours", 60))
    old = story.commit()
    story.merge("-X", "theirs", "topic")
    (found,) = lost(story, old)
    assert found.paths == ('quo"te \\ new\nline \\xff -x',)


@pytest.mark.parametrize(
    ("module", "limit", "value"),
    [(lost_lines, "LARGEST_MERGE", 1000), (decisions, "MOST_FILES", 0)],
    ids=["bytes", "files"],
)
def test_what_is_too_large_is_said(
    story: Story, monkeypatch: pytest.MonkeyPatch, module: object, limit: str, value: int
) -> None:
    old = contested(story)
    merge = story.merge("-X", "theirs", "topic")
    monkeypatch.setattr(module, limit, value)
    (found,) = story.judge(old)
    assert (found.event, found.commit) == ("unjudged", merge)
    assert found.detail == (
        f"lost lines: 1 merge of 1 could not be judged ({merge[:12]} decides about too much)"
    )


def test_large_files_are_passed_over(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    old = contested(story)
    story.merge("-X", "theirs", "topic")
    monkeypatch.setattr(lost_lines, "LARGEST_FILE", 1000)
    assert story.events(old) == []


def test_a_file_that_has_become_too_large_to_read_has_lost_nothing(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = contested(story, 60, 60)
    story.merge("topic", check=False)
    story.commit(a=text("base", 20) + text("ours", 60) + text("theirs", 60) + text("more", 600))
    monkeypatch.setattr(lost_lines, "LARGEST_FILE", 5000)
    assert story.events(old) == []


def test_of_too_many_merges_the_newest_are_judged(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    old = contested(story)
    story.merge("-X", "theirs", "topic")
    for name in ("x", "y"):
        story.on("topic")
        story.commit(**{name: name})
        story.on("main")
        story.merge("topic")
    monkeypatch.setattr(lost_lines, "MOST_MERGES", 2)
    (found,) = story.judge(old)
    assert found.event == "unjudged"
    assert "1 merge of 3 could not be judged (there are too many)" in found.detail


@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_git_merges_without_help_has_lost_nothing(
    tmp_path_factory: pytest.TempPathFactory, git_runner: Git, seed: int
) -> None:
    chance = random.Random(seed)
    story = Story(tmp_path_factory.mktemp("random") / "app", git_runner)
    history = random_history(chance)
    ids = import_history(story.folder, history, {"main": history[0].name})
    merged = 0
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lost_lines, "LINES_OF_A_FILE", 1)
        for _ in range(6):
            ours, theirs = chance.sample(sorted(ids.values()), 2)
            story.git("checkout", "--quiet", "--force", "-B", "work", ours)
            story.git("clean", "--quiet", "-ffdx")
            story.git("merge", "--quiet", "--no-ff", "--no-edit", theirs, check=False)
            if story.tip() == ours or len(story.git("rev-list", "-1", "--parents", "HEAD").split()) < 3:
                story.git("merge", "--abort", check=False)
                continue
            merged += 1
            story.git("update-ref", "refs/heads/main", "HEAD")
            lost_in_it = [
                one for one in story.judge(ours) if one.event == "lines_lost" and one.commit == story.tip()
            ]
            assert lost_in_it == []
