import os
import subprocess
import sys
from pathlib import Path

import pytest

from alignwatch.git.command import GitError
from alignwatch.git.repository import head_branch, open_repository
from support.repositories import git, new_repository


def test_a_work_tree_with_linked_ones(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "linked"), "feature/far")
    opened = open_repository(repository)
    assert opened.common_dir == repository / ".git"
    assert opened.folders == (repository, tmp_path / "linked")
    assert opened.worktrees[1].git_dir == repository / ".git" / "worktrees" / "linked"


def test_opened_through_a_linked_work_tree_it_is_the_same(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "linked"), "feature/far")
    assert open_repository(tmp_path / "linked").worktrees == open_repository(repository).worktrees


def test_a_bare_repository_has_no_folder(tmp_path: Path) -> None:
    opened = open_repository(new_repository(tmp_path / "app.git", bare=True))
    assert opened.folders == ()
    assert opened.common_dir == tmp_path / "app.git"


def test_a_missing_folder_and_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "gone", "no such folder"), (tmp_path, "not a git repository")):
        with pytest.raises(GitError, match=words) as error:
            open_repository(path)
        assert error.value.reason == "missing"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_may_not_be_read(repository: Path) -> None:
    (repository / ".git").chmod(0o700)
    repository.chmod(0o700)
    for parent in repository.parents[:-1]:
        if parent.owner() == "root" and parent != Path("/tmp"):
            parent.chmod(0o755)
    program = (
        "import os, pathlib, sys\n"
        "import alignwatch.git.repository as r\n"
        "os.environ['GIT_PYTHON_REFRESH'] = 'quiet'\n"
        "import git\n"
        "os.setuid(65534)\n"
        "try: r.open_repository(pathlib.Path(sys.argv[1]))\n"
        "except r.GitError as error: print(error.reason)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(repository)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "permission", done.stderr


def test_head_on_a_branch_and_detached(repository: Path) -> None:
    assert head_branch(repository / ".git") == "refs/heads/main"
    git(repository, "checkout", "--quiet", "--detach", "main")
    assert head_branch(repository / ".git") is None
