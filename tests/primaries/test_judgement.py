import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from alignwatch.git.command import Git
from alignwatch.primaries import inquiry, lost_lines
from support.fake_git import fake_git
from support.primaries import Story, text
from support.repositories import Commit, everything_in, git, import_history, linear


def with_git(story: Story, folder: Path, script: str) -> Story:
    """The same repository, seen through a git that does what the script says, and else what git does."""
    return Story(story.folder, fake_git(folder, f'{script}\nexec git "$@"'))


@pytest.fixture
def merged(story: Story) -> str:
    """Where ``main`` was before three merges, one of which lost work, and a commit that emptied a file."""
    old = story.commit(a="a\n", b="b\n")
    for name in ("one", "two", "three"):
        story.on(name, old)
        story.commit(**{name: text(name, 70)})
    story.on("main")
    story.merge("one")
    story.merge("-s", "ours", "two")
    story.merge("three")
    story.commit(b="")
    return old


def test_all_that_happened_in_one_move(story: Story, merged: str) -> None:
    story.git("reset", "--quiet", "--hard", "HEAD~1")
    story.commit(a="<<<<<<< x\na\n=======\nb\n>>>>>>> y\n", b="")
    assert story.events(merged) == ["conflict_markers", "emptied", "lines_lost"]


def test_the_repository_stays_as_it_is(story: Story, merged: str) -> None:
    def contents() -> dict[str, tuple[int, bytes]]:
        # git renews the time of an object that it would write again.
        return {path: (mode, content) for path, (mode, _, content) in everything_in(story.folder).items()}

    before = contents()
    assert story.judge(merged)
    assert contents() == before


def test_git_that_hangs_in_a_merge(
    story: Story, merged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark, began = tmp_path / "mark", time.monotonic()
    hung = with_git(
        story, tmp_path, f'case "$*" in *"rev-list --merges"*) : > {mark};; *merge-tree*) sleep 60;; esac'
    )
    # Time passes where the merges are listed, and leaves 0.3 s for the first, however busy this machine is.
    clock = SimpleNamespace(monotonic=lambda: began + (59.7 if mark.exists() else 0.0))
    monkeypatch.setattr(inquiry, "time", clock)
    found = {one.event: one for one in hung.judge(merged, deadline=60)}
    assert set(found) == {"emptied", "unjudged"}
    assert "lost lines: 3 merges of 3 could not be judged" in found["unjudged"].detail
    assert "was killed" in found["unjudged"].detail


def test_git_that_crashes_in_one_merge(story: Story, merged: str, tmp_path: Path) -> None:
    culprit = story.tip("main~1")
    crashing = with_git(story, tmp_path, f'case "$*" in *merge-tree*{story.tip("three")}*) kill -6 $$;; esac')
    found = {one.event: one for one in crashing.judge(merged)}
    assert set(found) == {"emptied", "lines_lost", "unjudged"}
    assert f"1 merge of 3 could not be judged ({culprit[:12]}: " in found["unjudged"].detail


def test_git_that_cannot_merge_trees(story: Story, merged: str, tmp_path: Path) -> None:
    silent = with_git(story, tmp_path, 'case "$*" in *merge-tree*) exit 1;; esac')
    found = {one.event: one for one in silent.judge(merged)}
    assert "git merge-tree could not merge" in found["unjudged"].detail


def test_git_that_cannot_compare_trees(story: Story, merged: str, tmp_path: Path) -> None:
    broken = with_git(
        story, tmp_path, 'case "$*" in *"diff-tree -r -M"*) echo "fatal: a tree" >&2; exit 128;; esac'
    )
    found = {one.event: one for one in broken.judge(merged)}
    assert set(found) == {"lines_lost", "unjudged"}
    assert found["unjudged"].detail.startswith("files: ")


def test_who_did_it_cannot_be_told(story: Story, merged: str, tmp_path: Path) -> None:
    forgetful = with_git(story, tmp_path, 'case "$*" in *"log --full-history"*) exit 128;; esac')
    found = {one.event: one for one in forgetful.judge(merged)}
    assert found["emptied"].commit == story.tip()


def test_nothing_can_be_told(story: Story, merged: str, tmp_path: Path) -> None:
    broken = with_git(story, tmp_path, 'case "$*" in *rev-list*) echo "fatal: a commit" >&2; exit 128;; esac')
    (found,) = broken.judge(merged)
    assert found.event == "unjudged"
    assert found.detail.endswith("git rev-list ended with 128: fatal: a commit")


def test_a_missing_object_is_said_and_the_rest_is_judged(story: Story, merged: str) -> None:
    tree = story.git("rev-parse", "two^{tree}")
    (story.folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    assert story.events(merged) == ["emptied", "unjudged"]


def test_a_move_of_thousands_of_commits(
    story: Story, git_runner: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_lines, "MOST_MERGES", 10)
    commits = [*linear("m", 1500)]
    commits += [
        Commit(f"merge{number}", [f"merge{number - 1}" if number else "m1499", f"m{number}"])
        for number in range(60)
    ]
    ids = import_history(story.folder, commits, {"main": "merge59"})
    (found,) = story.judge(ids["m0"])
    assert found.detail == "lost lines: 50 merges of 60 could not be judged (there are too many)"


def test_an_import_of_another_history(story: Story, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet", "--initial-branch=imported")
    import_history(other, [*linear("x", 500)], {"imported": "x499"})
    old = story.commit(a="a\n")
    story.git("fetch", "--quiet", str(other), "imported")
    story.merge("--allow-unrelated-histories", "FETCH_HEAD")
    assert story.judge(old) == ()
