import hashlib

import pytest

from alignwatch.primaries import files
from alignwatch.primaries.finding import SHOWN_PATHS
from support.primaries import Story, text


def many(number: int, prefix: str = "f") -> dict[str, str]:
    return {f"{prefix}{one:03}": text(f"{prefix}{one}", 5) for one in range(number)}


def test_the_ids_of_nothing_are_right() -> None:
    expected = [hashlib.new(kind, b"blob 0\0").hexdigest() for kind in ("sha1", "sha256")]
    assert list(files.EMPTY_BLOBS) == expected


def test_emptied_by_a_commit(story: Story) -> None:
    old = story.commit(a="a\n", b="b\n", c="c\n")
    culprit = story.commit(a="", b="")
    story.commit(c="d\n")
    (found,) = story.judge(old)
    assert (found.event, found.commit, found.paths) == ("emptied", culprit, ("a.txt", "b.txt"))
    assert found.detail == "2 files that had content, and no byte now"


def test_emptied_by_a_merge(story: Story) -> None:
    story.commit(a="a\n")
    story.on("topic", "main")
    story.commit(a="a\nb\n")
    story.on("main")
    old = story.commit(a="c\na\n")
    story.merge("topic", check=False)
    merge = story.commit(a="")
    story.commit(c="d\n")
    assert [(one.event, one.commit) for one in story.judge(old)] == [("emptied", merge)]


def test_emptied_on_a_branch_that_was_merged(story: Story) -> None:
    story.commit(a="a\n")
    story.on("topic", "main")
    culprit = story.commit(a="")
    story.on("main")
    old = story.commit(c="d\n")
    story.merge("topic")
    (found,) = story.judge(old)
    assert found.commit == culprit


def test_a_new_empty_file_and_one_that_is_filled_again(story: Story) -> None:
    old = story.commit(a="a\n", was_empty="")
    story.commit(a="", package____init__="")
    story.commit(a="again\n", was_empty="")
    assert story.judge(old) == ()


def test_mass_deletion(story: Story) -> None:
    story.commit(**many(60))
    story.on("topic", "main")
    culprit = story.commit(**dict.fromkeys(many(25)))
    story.on("main")
    old = story.commit(other="x\n")
    story.merge("topic")
    (found,) = story.judge(old)
    assert (found.event, found.commit) == ("mass_deletion", culprit)
    assert (len(found.paths), found.path_count) == (SHOWN_PATHS, 25)
    assert found.detail == "25 of its 61 files deleted"


@pytest.mark.parametrize(
    ("total", "deleted", "flagged"),
    [
        (25, 19, False),
        (25, 20, True),
        (210, 20, False),
        (199, 20, True),
        (2100, 200, True),
        (2100, 199, False),
    ],
)
def test_many_files_and_a_large_share(story: Story, total: int, deleted: int, flagged: bool) -> None:
    story.commit(**{name: f"{name} is one line\n" for name in many(total)})
    old = story.tip()
    story.commit(**dict.fromkeys(many(deleted)))
    assert story.events(old) == (["mass_deletion"] if flagged else [])


def test_moved_files_are_not_gone(story: Story) -> None:
    story.commit(**{f"old__{name}": content for name, content in many(40).items()})
    old = story.tip()
    story.git("mv", "old", "new")
    for name, content in many(20).items():
        story.write(f"new/{name}.txt", content + "and one more line\n")
    story.commit()
    assert story.judge(old) == ()


def test_beyond_what_git_compares_the_added_ones_count_as_moved(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_RENAMES", 10)
    story.commit(**many(40))
    old = story.tip()
    story.commit(**dict.fromkeys(many(40)), **many(39, "unlike"))
    assert story.judge(old) == ()


def test_files_that_became_links_or_submodules_are_not_empty(story: Story) -> None:
    old = story.commit(a="a\n", b="b\n")
    (story.folder / "a.txt").unlink()
    (story.folder / "a.txt").symlink_to("b.txt")
    story.commit()
    assert story.judge(old) == ()
