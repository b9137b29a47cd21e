import pytest

from alignwatch.git import conflict_markers
from alignwatch.primaries import markers
from support.primaries import Story

CONFLICT = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> topic\n"


@pytest.fixture
def old(story: Story) -> str:
    """Where ``main`` is, with ``topic`` in conflict."""
    story.commit(a="a\n", fixture=CONFLICT)
    story.on("topic", "main")
    story.commit(a="theirs\n")
    story.on("main")
    return story.commit(a="ours\n")


def test_left_by_a_merge(story: Story, old: str) -> None:
    story.merge("topic", check=False)
    merge = story.commit()
    story.commit(b="b\n")
    (found,) = story.judge(old)
    assert (found.event, found.commit, found.paths) == ("conflict_markers", merge, ("a.txt",))
    assert found.detail == "conflict markers left in 1 file"


def test_left_by_a_commit_and_by_another(story: Story, old: str) -> None:
    first = story.commit(a=CONFLICT)
    second = story.commit(fixture=CONFLICT * 2)
    found = {one.commit: one.paths for one in story.judge(old)}
    assert found == {first: ("a.txt",), second: ("fixture.txt",)}


def test_left_in_a_file_that_a_branch_added(story: Story) -> None:
    old = story.commit(a="a\n")
    story.on("topic", "main")
    story.commit(new="topic\n")
    story.on("other", "main")
    story.commit(new="other\n")
    story.merge("topic", check=False)
    culprit = story.commit()
    story.on("main")
    story.merge("other")
    (found,) = story.judge(old)
    assert (found.commit, found.paths) == (culprit, ("new.txt",))


def test_resolved_before_it_arrived(story: Story, old: str) -> None:
    story.merge("topic", check=False)
    story.commit()
    story.commit(a="ours and theirs\n")
    assert story.judge(old) == ()


def test_what_was_written_so(story: Story, old: str) -> None:
    story.commit(about_merging=CONFLICT)
    story.commit(
        about_merging=f"An example:\n{CONFLICT}", fixture=f"# {CONFLICT}{CONFLICT}".replace("# ", "")
    )
    assert [one.paths for one in story.judge(old)] == [("fixture.txt",)]


def test_merged_from_a_side_that_had_it_all_along(story: Story) -> None:
    story.commit(a=CONFLICT)
    story.on("topic", "main")
    story.commit(b="b\n")
    story.on("main")
    old = story.commit(a="resolved\n")
    story.git("merge", "--no-commit", "--no-ff", "topic")
    merge = story.commit(a=CONFLICT)
    found = [one for one in story.judge(old) if one.event == "conflict_markers"]
    assert [one.commit for one in found] == [merge]


@pytest.mark.parametrize(
    ("module", "limit"), [(conflict_markers, "MOST_FILES"), (markers, "_MOST_ASKED")], ids=["files", "asked"]
)
def test_what_is_too_much_is_said(
    story: Story, old: str, monkeypatch: pytest.MonkeyPatch, module: object, limit: str
) -> None:
    new = story.commit(a=CONFLICT, fixture=CONFLICT * 2)
    monkeypatch.setattr(module, limit, 1)
    found = {one.event: one for one in story.judge(old)}
    assert set(found) == {"conflict_markers", "unjudged"}
    assert found["unjudged"].commit == new
    assert "too many files" in found["unjudged"].detail
