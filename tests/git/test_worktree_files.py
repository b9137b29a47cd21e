import os
from pathlib import Path

from alignwatch.git.worktree_files import GitFolders, find_git_folders, find_tip, read_state
from support.repositories import Commit, git, import_history, new_repository


def folders(path: Path) -> GitFolders:
    found = find_git_folders(path)
    assert found is not None
    return found


def test_the_folders_of_a_work_tree_are_found_from_any_folder_inside(repository: Path) -> None:
    inside = repository / "deep" / "deeper"
    inside.mkdir(parents=True)
    expected = GitFolders(repository / ".git", repository / ".git")
    for start in (repository, inside, repository / ".git", repository / ".git" / "refs"):
        assert find_git_folders(start) == expected


def test_a_linked_work_tree_has_its_own_git_directory(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "linked"), "feature/far")
    (tmp_path / "shortcut").symlink_to(tmp_path / "linked")
    found = folders(tmp_path / "shortcut")
    assert found == GitFolders(repository / ".git" / "worktrees" / "linked", repository / ".git")
    assert read_state(found).branch == "feature/far"
    assert read_state(folders(repository)).branch == "main"


def test_a_submodule_and_a_separate_git_directory_are_followed(tmp_path: Path) -> None:
    work_tree = tmp_path / "work"
    work_tree.mkdir()
    git(work_tree, "init", "--quiet", "--separate-git-dir=../store")
    (work_tree / ".git").write_text("gitdir: ../store\n")
    assert folders(work_tree) == GitFolders(tmp_path / "store", tmp_path / "store")


def test_a_bare_repository_is_its_own_git_directory(tmp_path: Path) -> None:
    bare = new_repository(tmp_path / "app.git", bare=True)
    assert folders(bare) == GitFolders(bare, bare)


def test_outside_any_repository_there_are_none(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert find_git_folders(tmp_path) is None
    assert find_git_folders(tmp_path / "no such folder") is None


def test_head_and_branches_are_read_from_loose_and_packed_refs(repository: Path) -> None:
    main, far = git(repository, "rev-parse", "main", "feature/far").split()
    for prepare in ((), ("pack-refs", "--all")):
        if prepare:
            git(repository, *prepare)
        state = read_state(folders(repository), "feature/far")
        assert (state.branch, state.head, state.tip) == ("main", ("ref: refs/heads/main", main), far)
    assert read_state(folders(repository)).tip == main
    assert read_state(folders(repository), "none such").tip is None


def test_a_tip_is_found_for_branches_here_and_of_remotes(repository: Path) -> None:
    far = git(repository, "rev-parse", "feature/far")
    git(repository, "update-ref", "refs/remotes/origin/main", far)
    found = folders(repository)
    for name in ("feature/far", "refs/heads/feature/far", "origin/main", "refs/remotes/origin/main"):
        assert find_tip(found, name) == far
    for name in ("none such", "HEAD~1", "../../HEAD", "main\0", "\ud800", ""):
        assert find_tip(found, name) is None


def test_a_detached_head_is_on_no_branch(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach", "main")
    main = git(repository, "rev-parse", "main")
    state = read_state(folders(repository))
    assert (state.branch, state.head) == (None, (main, main))


def test_symbolic_refs_are_followed_and_those_in_a_circle_given_up(repository: Path) -> None:
    git(repository, "symbolic-ref", "refs/heads/alias", "refs/heads/main")
    assert read_state(folders(repository), "alias").tip == git(repository, "rev-parse", "main")
    (repository / ".git" / "refs" / "heads" / "circle").write_text("ref: refs/heads/circle\n")
    assert read_state(folders(repository), "circle").tip is None


def test_an_unborn_branch_has_a_name_and_no_head(tmp_path: Path) -> None:
    state = read_state(folders(new_repository(tmp_path / "new")))
    assert (state.branch, state.head) == ("main", None)


def test_names_that_lead_out_of_the_repository_are_not_followed(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("ref: refs/heads/../../../secret\n")
    (repository.parent / "secret").write_text("treasure\n")
    assert read_state(folders(repository)).head is None


def test_refs_that_are_not_kept_in_files_are_unknown(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("ref: refs/heads/.invalid\n")
    state = read_state(folders(repository))
    assert (state.branch, state.head) == (None, None)


def test_a_branch_name_that_is_not_utf8_survives(tmp_path: Path) -> None:
    made = new_repository(tmp_path / "app")
    import_history(made, [Commit("m")], {"main": "m", b"caf\xe9": "m"})
    name = os.fsdecode(b"caf\xe9")
    git(made, "symbolic-ref", "HEAD", f"refs/heads/{name}")
    git(made, "pack-refs", "--all")
    state = read_state(folders(made))
    assert state.branch == name
    assert state.head is not None


def test_what_stands_while_a_rebase_waits_is_seen_and_the_branch_with_it(tmp_path: Path) -> None:
    made = new_repository(tmp_path / "app")
    history = [Commit("base"), Commit("m", ["base"], {"f": "1"}), Commit("x", ["base"], {"f": "2"})]
    import_history(made, history, {"main": "m", "x": "x"})
    git(made, "checkout", "--quiet", "x")
    assert read_state(folders(made)).in_progress == frozenset()
    git(made, "rebase", "main", check=False)
    state = read_state(folders(made))
    assert (state.branch, state.in_progress) == ("x", frozenset({"rebase-merge"}))
    git(made, "rebase", "--abort")
    git(made, "merge", "main", check=False)
    assert read_state(folders(made)).in_progress == frozenset({"MERGE_HEAD"})
