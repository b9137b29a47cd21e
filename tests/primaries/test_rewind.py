from pathlib import Path

import pytest

from alignwatch.git.command import Git
from support.primaries import Story
from support.repositories import git


@pytest.fixture
def history(story: Story) -> list[str]:
    """Commits on ``main``."""
    return [story.commit(a=f"{number}\n", **{f"f{number}": "x\n"}) for number in range(4)]


def test_moved_forward(story: Story, history: list[str]) -> None:
    assert story.judge(history[0]) == ()
    story.on("topic", "main")
    new = story.commit(b="b\n")
    story.on("main")
    story.git("merge", "--quiet", "--ff-only", "topic")
    assert story.judge(history[-1], new) == ()


def test_set_back(story: Story, history: list[str]) -> None:
    (found,) = story.judge(history[3], history[1])
    assert (found.event, found.commit) == ("rewound", history[2])
    assert found.paths == ("a.txt", "f2.txt", "f3.txt")
    assert found.detail == (
        f"2 commits of {history[3][:12]} gone from it, the oldest {history[2][:12]}; "
        f"it is at {history[1][:12]} now"
    )


def test_amended_and_pushed_by_force(story: Story, history: list[str]) -> None:
    story.git("commit", "--quiet", "--amend", "-m", "another word")
    (found,) = story.judge(history[3])
    assert (found.event, found.commit, found.path_count) == ("rewound", history[3], 0)
    assert found.detail.startswith("1 commit of ")


def test_what_was_done_anew_after_it_was_set_back_is_judged(story: Story, history: list[str]) -> None:
    story.on("main", history[1])
    story.commit(a="")
    assert story.events(history[3]) == ["emptied", "rewound"]


def test_replaced_by_a_history_of_its_own(story: Story, history: list[str]) -> None:
    story.git("checkout", "--quiet", "--orphan", "other")
    new = story.commit(a="")
    (found,) = story.judge(history[3], new)
    assert found.event == "rewound"
    assert found.detail.startswith("4 commits")


def test_old_tip_that_was_pruned(story: Story, history: list[str]) -> None:
    story.on("main", history[1])
    story.git("reflog", "expire", "--expire=now", "--all")
    story.git("prune", "--expire=now")
    (found,) = story.judge_ids(history[3], history[1])
    assert (found.event, found.commit) == ("rewound", history[1])
    assert "not in the repository any more" in found.detail


def test_shallow_clone_in_which_nothing_can_be_compared(
    story: Story, history: list[str], tmp_path: Path, git_runner: Git
) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{story.folder}", str(clone))
    shallow = Story(clone, git_runner)
    (found,) = shallow.judge_ids(history[0], history[3])
    assert found.event == "unjudged"
    assert "shallow" in found.detail
