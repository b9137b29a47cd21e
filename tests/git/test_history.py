"""What alters history alters its mark, and nothing else does."""

from pathlib import Path

from alignwatch.git.history import history_mark
from support.repositories import git


def test_nothing_alters_an_ordinary_history(repository: Path) -> None:
    assert history_mark(repository, ()) == ""
    git(repository, "branch", "other", "feature/far")
    assert history_mark(repository, ()) == ""


def test_shallow_grafted_and_replaced_histories_differ(repository: Path) -> None:
    main = git(repository, "rev-parse", "main")
    folder = repository / ".git"
    marks = [history_mark(repository, ()), history_mark(repository, ("a refs/replace/b",))]
    (folder / "shallow").write_text(f"{main}\n")
    marks.append(history_mark(repository, ()))
    (folder / "info" / "grafts").write_text(f"{main}\n")
    marks.append(history_mark(repository, ()))
    (folder / "shallow").unlink()
    marks.append(history_mark(repository, ()))
    assert len(set(marks)) == len(marks)
    (folder / "info" / "grafts").unlink()
    assert history_mark(repository, ()) == marks[0]


def test_a_linked_work_tree_has_the_history_of_its_repository(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "linked"), "orphan")
    (repository / ".git" / "shallow").write_text("1" * 40)
    assert history_mark(tmp_path / "linked", ()) == history_mark(repository, ()) != ""


def test_what_cannot_be_found_alters_nothing(tmp_path: Path) -> None:
    assert history_mark(tmp_path / "gone", ()) == ""
