from pathlib import Path
from typing import Any

import pytest

from alignwatch.git.commit_graph_file import commit_graph_files, commits_in, has_changed_paths
from alignwatch.maintenance.task import Needs, PostponedError, Result, SkippedError, TaskError
from alignwatch.maintenance.tasks import commit_graph
from alignwatch.settings import CommitGraph, Maintenance, Repository, Settings
from support.clearing import context
from support.fake_git import fake_git
from support.repositories import everything_in, git


def write(repository: Path, *, changed_paths: bool = True, **changes: Any) -> Result:
    settings = Settings(
        state_dir=str(repository.parent / "state"),
        repositories=(Repository(path=str(repository), name="app"),),
        maintenance=Maintenance(commit_graph=CommitGraph(changed_paths=changed_paths)),
    )
    return commit_graph.TASK.run(context(settings, repository=settings.repositories[0], **changes))


def files_of(repository: Path) -> tuple[Path, ...]:
    return commit_graph_files(repository / ".git" / "objects")


def test_all_that_refs_lead_to_is_written_once_and_added_to(repository: Path) -> None:
    git(repository, "tag", "-a", "-m", "with a tag", "v1", "feature/far")
    git(repository, "tag", "a-tree", "main^{tree}")
    count = int(git(repository, "rev-list", "--all", "--count"))
    refs = git(repository, "for-each-ref")
    assert write(repository).summary == (f"{count} commits are in it, and it is sound",)
    assert sum(map(commits_in, files_of(repository))) == count
    assert all(map(has_changed_paths, files_of(repository)))
    before = everything_in(repository)
    assert write(repository).summary == (f"nothing to do: all commits are in it ({count})",)
    assert everything_in(repository) == before
    git(repository, "checkout", "--quiet", "--force", "main")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "later")
    assert write(repository).summary[0].startswith(f"{count + 1} commits")
    git(repository, "commit-graph", "verify")
    git(repository, "reset", "--quiet", "--hard", "HEAD~1")
    assert git(repository, "for-each-ref") == refs


def test_changed_paths_are_added_where_they_are_lacking(repository: Path) -> None:
    write(repository, changed_paths=False)
    assert not any(map(has_changed_paths, files_of(repository)))
    assert write(repository, dry_run=True).summary == ("would write the changed paths of all commits",)
    write(repository)
    assert all(map(has_changed_paths, files_of(repository)))


def test_a_dry_run_changes_nothing(repository: Path) -> None:
    before = everything_in(repository)
    assert write(repository, dry_run=True).summary == ("would add what 5 tips lead to",)
    assert everything_in(repository) == before


def test_who_begins_to_work_is_not_disturbed(repository: Path) -> None:
    def begin() -> None:
        raise PostponedError("merge in progress")

    with pytest.raises(PostponedError):
        write(repository, ensure_quiet=begin)
    assert files_of(repository) == ()
    assert commit_graph.TASK.needs == Needs(repository=True, quiet=True, room=True)


def test_no_graph_fits_a_history_that_is_altered(repository: Path) -> None:
    git(repository.parent, "clone", "--quiet", "--depth=1", f"file://{repository}", "shallow")
    with pytest.raises(SkippedError, match="its history is cut off or altered"):
        write(repository.parent / "shallow")
    git(repository, "replace", "feature/far", "main")
    with pytest.raises(SkippedError, match="its history is cut off or altered"):
        write(repository)
    git(repository, "replace", "-d", git(repository, "rev-parse", "feature/far"))
    git(repository, "config", "core.commitGraph", "false")
    with pytest.raises(SkippedError, match=r"core\.commitGraph is off there"):
        write(repository)
    assert files_of(repository) == ()


def test_a_graph_that_is_not_sound_is_a_failure_with_its_remedy(repository: Path, tmp_path: Path) -> None:
    said = "incorrect checksum"
    failing = fake_git(tmp_path, f'case "$*" in *verify*) echo {said} >&2; exit 1;; esac; exec git "$@"')
    with pytest.raises(
        TaskError, match=rf"not sound \({said}\).*rm -r .*objects/info/commit-graph "
    ) as raised:
        write(repository, git=failing)
    assert raised.value.code == 1
