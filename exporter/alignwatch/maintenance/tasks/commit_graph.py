"""Writes a repository's own commit-graph: with it git walks history in half the time or less.

Only what it lacks is added, in a file of its own; git puts small files together by and by.
"""

from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.git.commit_graph_file import (
    commit_graph_files,
    commits_in,
    commits_outside,
    has_changed_paths,
)
from alignwatch.git.history import history_mark
from alignwatch.git.refs import list_all
from alignwatch.git.repository import Repository, open_repository
from alignwatch.maintenance.git_tasks import LOCKS
from alignwatch.maintenance.leftovers import ensure_unlocked, find_leftovers, remove
from alignwatch.maintenance.ownership import ensure_ownership
from alignwatch.maintenance.task import Context, Needs, Result, SkippedError, Task, TaskError
from alignwatch.shell import word
from alignwatch.text import printable


def _run(context: Context) -> Result:
    assert context.repository is not None  # noqa: S101  # it is needed
    git, deadline = context.git, context.task.limits.seconds
    repository = open_repository(Path(context.repository.path))
    if why := _why_none(git, repository, deadline):
        raise SkippedError(f"{repository.path}: {why}")
    objects = repository.common_dir / "objects"
    files = commit_graph_files(objects)
    tips = git.run(repository.path, "rev-list", "--no-walk", "--glob=*", deadline=deadline).stdout
    lacking = len(commits_outside(tips.decode("ascii").split(), files))
    changed_paths = context.settings.maintenance.commit_graph.changed_paths
    anew = changed_paths and not all(map(has_changed_paths, files))
    if not lacking and not anew:
        return Result(summary=(f"nothing to do: all commits are in it ({sum(map(commits_in, files))})",))
    ensure_ownership(git, repository, deadline)
    leftovers = find_leftovers(context, context.repository, repository)
    remove(context, leftovers)
    ensure_unlocked(leftovers, LOCKS["commit-graph"])
    what = "write the changed paths of all commits" if anew else f"add what {lacking} tips lead to"
    if context.dry_run:
        return Result(summary=(f"would {what}",))
    context.ensure_quiet()
    _write(git, repository, deadline, changed_paths=changed_paths, anew=anew)
    files = commit_graph_files(objects)
    return Result(summary=(f"{sum(map(commits_in, files))} commits are in it, and it is sound",))


def _why_none(git: Git, repository: Repository, deadline: float) -> str | None:
    """Why git keeps no commit-graph there; None if it does."""
    replaced = list_all(git, repository.path, deadline, ["refs/replace/"]).decode("utf-8", "backslashreplace")
    if history_mark(repository.path, replaced.splitlines()):
        return "its history is cut off or altered (shallow clone, grafts, git replace): no commit-graph fits"
    wanted = git.run(
        repository.path,
        *("config", "--type=bool", "--default=true", "--get", "core.commitGraph"),
        deadline=deadline,
    )
    return None if wanted.stdout.strip() == b"true" else "core.commitGraph is off there"


def _write(git: Git, repository: Repository, deadline: float, *, changed_paths: bool, anew: bool) -> None:
    git.run(
        repository.path,
        *("commit-graph", "write", "--reachable", "--no-progress"),
        "--split=replace" if anew else "--split",
        *(["--changed-paths"] if changed_paths else []),
        deadline=deadline,
    )
    verified = git.run(
        repository.path, "commit-graph", "verify", "--no-progress", deadline=deadline, expected=()
    )
    if verified.exit_code:
        said = (verified.stderr + verified.stdout).decode("utf-8", "backslashreplace").splitlines() or ["?"]
        info = word(str(repository.common_dir / "objects" / "info"))
        raise TaskError(
            f"{repository.path}: the commit-graph is not sound ({printable(said[0])}); git does without it: "
            f"rm -r {info}/commit-graph {info}/commit-graphs; then look for damage: git fsck",
            verified.exit_code,
        )


TASK = Task(
    summary="write the commit-graph of a repository, which makes git quicker",
    needs=Needs(repository=True, quiet=True, room=True),
    run=_run,
)
