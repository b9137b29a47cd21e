from pathlib import Path

import pytest

from alignwatch.git.discovery import containing_repository, default_primary, is_repository
from support.repositories import Commit, git, import_history, new_repository


def test_a_work_tree_is_found_from_any_folder_inside(repository: Path) -> None:
    inside = repository / "deep" / "deeper"
    inside.mkdir(parents=True)
    assert containing_repository(inside) == repository
    assert containing_repository(repository) == repository


def test_a_bare_repository_is_found(tmp_path: Path) -> None:
    bare = new_repository(tmp_path / "app.git", bare=True)
    assert containing_repository(bare) == bare
    assert containing_repository(bare / "refs" / "heads") == bare


def test_no_repository_is_none(tmp_path: Path) -> None:
    assert containing_repository(tmp_path) is None


def test_an_empty_git_folder_is_no_repository(repository: Path) -> None:
    trap = repository / "vendor"
    (trap / ".git").mkdir(parents=True)
    assert not is_repository(trap)
    assert containing_repository(trap) == repository


def test_a_git_file_that_leads_nowhere_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /no/such/folder\n")
    assert not is_repository(tmp_path)


def test_a_linked_work_tree_has_the_branches_of_its_repository(tmp_path: Path) -> None:
    made = new_repository(tmp_path / "app")
    import_history(made, [Commit("m")], {"master": "m"})
    git(made, "worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"), "master")
    assert containing_repository(tmp_path / "linked") == tmp_path / "linked"
    assert default_primary(tmp_path / "linked") == "master"


def test_a_git_directory_elsewhere_is_followed(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", f"--separate-git-dir={tmp_path / 'store'}", str(tmp_path / "app"))
    assert is_repository(tmp_path / "app")


@pytest.mark.parametrize(
    ("branches", "primary"),
    [
        (["main"], "main"),
        (["master"], "master"),
        (["main", "master"], "main"),
        (["trunk"], "main"),
        (["feature/master"], "main"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_master_is_the_primary_only_where_there_is_no_main(
    tmp_path: Path, branches: list[str], primary: str, packed: bool
) -> None:
    made = new_repository(tmp_path / "app")
    import_history(made, [Commit("c")], dict.fromkeys(branches, "c"))
    if packed:
        git(made, "pack-refs", "--all")
    assert default_primary(made) == primary


def test_the_primary_of_a_folder_that_is_gone_is_main(tmp_path: Path) -> None:
    assert default_primary(tmp_path / "gone") == "main"
