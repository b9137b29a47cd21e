"""Whether the branches that others are aligned to are there.

Without its target no branch can be compared. `HEAD` on a branch that does not exist, in a bare repository,
makes clones empty. A repository without any branch has nothing to align.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, critical, ok, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import opened
from alignwatch.diagnostics.status import Status
from alignwatch.git.refs import read_branches
from alignwatch.git.repository import head_branch


def _run(context: Context) -> Iterator[Finding]:
    repository, found = context.repository, opened(context)
    listed = read_branches(context.git, context.path, 4.0, repository.remotes).branches
    names = {branch.text for branch in listed}
    here = f"repositories[{context.settings.repositories.index(repository)}].primaries"
    if not names:
        yield skipped("there is no branch yet")
        return
    for primary in repository.primaries:
        if primary not in names:
            yield critical(
                f"there is no branch {primary!r}: what is aligned to it cannot be compared",
                "name branches that are there",
                ("git", "-C", str(context.path), "branch", "--list", "--all"),
                key=here,
            )
    head = head_branch(found.common_dir)
    bare = found.worktrees[0].folder is None
    if bare and head is not None and head.removeprefix("refs/heads/") not in names:
        yield warning(
            f"HEAD is on {head.removeprefix('refs/heads/')!r}, which does not exist: clones come out empty",
            "put it on a primary",
            ("git", "-C", str(context.path), "symbolic-ref", "HEAD", f"refs/heads/{repository.primaries[0]}"),
        )
    yield ok(f"{len(names)} branches")


CHECK = Check(
    id="primaries",
    summary="the branches that others are aligned to are there",
    well="the primaries are there",
    reaches=Status.CRITICAL,
    each_repository=True,
    run=_run,
)
