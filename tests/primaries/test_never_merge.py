from collections.abc import Sequence

import pytest

from alignwatch.primaries import never_merge
from alignwatch.primaries.finding import Finding
from alignwatch.primaries.never_merge import Opposite
from support.primaries import Story


@pytest.fixture
def apart(story: Story) -> Story:
    """``main`` and ``scientific``, each with two commits of its own, and ``main-before`` where it was."""
    story.commit(a="a\n")
    story.on("scientific", "main")
    story.commit(s1="s\n")
    story.commit(s2="s\n")
    story.on("main")
    story.commit(m1="m\n")
    story.commit(m2="m\n")
    story.git("branch", "main-before")
    story.git("branch", "scientific-before", "scientific")
    return story


def mixed(story: Story, branch: str, other: str, *, judged: str | None = None) -> list[Finding]:
    """What is said of ``branch``; the other one was where it was before, if nothing else is said."""
    opposite = Opposite(other, story.tip(judged or f"{other}-before"), story.tip(other))
    found = story.judge(f"{branch}-before", branch, [opposite])
    return [one for one in found if one.event == "never_merge"]


@pytest.mark.parametrize(("branch", "other"), [("main", "scientific"), ("scientific", "main")])
def test_merged_in_either_direction(apart: Story, branch: str, other: str) -> None:
    apart.on(branch)
    merge = apart.merge(other)
    apart.commit(later="x\n")
    (found,) = mixed(apart, branch, other)
    initial = other[0]
    assert (found.commit, found.paths) == (merge, (f"{initial}1.txt", f"{initial}2.txt"))
    newest = apart.tip(other)[:12]
    assert found.detail == f"2 commits of {other!r}'s own line came into it, the newest {newest}"
    assert mixed(apart, other, branch) == []


def test_merged_through_a_feature_branch(apart: Story) -> None:
    apart.on("feature", "scientific~1")
    apart.commit(f="f\n")
    apart.on("main")
    merge = apart.merge("feature")
    (found,) = mixed(apart, "main", "scientific")
    assert found.commit == merge
    assert found.detail.startswith("1 commit of 'scientific'")


def test_a_feature_branch_that_both_merge(apart: Story) -> None:
    apart.on("feature", "main~2")
    apart.commit(f="f\n")
    for branch in ("main", "scientific"):
        apart.on(branch)
        apart.merge("feature")
    assert mixed(apart, "main", "scientific") == []
    assert mixed(apart, "scientific", "main") == []


def test_moved_forward_to_the_other_that_it_had_nothing_of_its_own_against(apart: Story) -> None:
    apart.git("branch", "-f", "scientific", "main~2")
    apart.git("branch", "-f", "scientific-before", "main~2")
    apart.git("branch", "-f", "scientific", "main")
    (found,) = mixed(apart, "scientific", "main")
    assert found.commit == apart.tip("main")
    assert mixed(apart, "main", "scientific") == []


def test_set_to_where_the_other_has_moved_meanwhile(apart: Story) -> None:
    apart.commit(m3="m\n")
    apart.git("branch", "-f", "scientific", "main")
    assert len(mixed(apart, "scientific", "main")) == 1
    assert mixed(apart, "main", "scientific") == []


def test_commits_that_the_other_made_and_that_were_merged_between_two_looks(apart: Story) -> None:
    apart.on("scientific")
    apart.commit(s3="s\n")
    apart.on("main")
    apart.merge("scientific")
    (found,) = mixed(apart, "main", "scientific")
    assert found.detail.startswith("2 commits of 'scientific'")


def test_a_primary_that_was_not_there_before(apart: Story) -> None:
    opposite = Opposite("scientific", None, apart.tip("scientific"))
    apart.merge("scientific")
    assert [one.event for one in apart.judge("main-before", "main", [opposite])] == ["never_merge"]


def test_two_of_them_at_once_are_one_event(apart: Story) -> None:
    apart.on("tools", "main~2")
    apart.commit(t="t\n")
    apart.on("main")
    merge = apart.merge("scientific", "tools")
    others = [Opposite(name, None, apart.tip(name)) for name in ("scientific", "tools")]
    (found,) = apart.judge("main-before", "main", others)
    assert found.commit == merge
    assert "'scientific'" in found.detail
    assert "'tools'" in found.detail


def test_set_to_a_history_of_its_own_that_holds_the_other(apart: Story) -> None:
    apart.git("checkout", "--quiet", "--orphan", "new")
    apart.git("rm", "-rf", "--quiet", ".")
    root = apart.commit(n="n\n")
    apart.on("other-root", root)
    apart.commit(o="o\n")
    opposites: Sequence[Opposite] = [Opposite("other-root", apart.tip("other-root"), apart.tip("other-root"))]
    apart.on("new")
    apart.commit(n="n\nn\n")
    apart.merge("other-root")
    events = {one.event: one for one in apart.judge("main-before", "new", opposites)}
    assert set(events) == {"rewound", "never_merge"}


def test_a_line_too_long_to_find_what_did_it(apart: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(never_merge, "_LONGEST_LINE", 1)
    merge = apart.merge("scientific")
    assert mixed(apart, "main", "scientific")[0].commit == merge
