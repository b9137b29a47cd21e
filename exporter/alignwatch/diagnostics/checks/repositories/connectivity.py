"""Whether everything that branches and tags lead to is there: `git fsck --connectivity-only`.

Commits, trees and files that are missing are critical: history is lost, unless another clone has it. What can
be made anew (the index, the commit-graph) is a warning. It sees no altered contents, which `corruption` tells
of. A repository that takes longer than the deadline is left to the exporter's own check, once a day.
"""

from collections.abc import Iterator

from alignwatch import health
from alignwatch.diagnostics.check import Check, Finding, critical, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.status import Status
from alignwatch.git.command import GitError
from alignwatch.git.fsck import fsck
from alignwatch.snapshot import FsckReading, RepositoryHealth

_SECONDS = 15.0


def _run(context: Context) -> Iterator[Finding]:
    try:
        reading = fsck(context.git, context.path, _SECONDS, full=False)
        if any(reading.problems.values()):
            # A repack in the middle of the first looks like damage.
            reading = fsck(context.git, context.path, _SECONDS, full=False)
    except GitError as error:
        if error.reason != "timeout":
            raise
        yield skipped(f"takes longer than {_SECONDS:g} s; the exporter looks once a day")
        return
    yield from damage(context, reading)


def damage(context: Context, reading: FsckReading) -> Iterator[Finding]:
    """What git fsck has found."""
    thresholds = context.settings.thresholds_of(context.repository)
    state, words = health.repository_health(None, reading, thresholds, context.now)
    look = ("git", "-C", str(context.path), "fsck", "--full", "--no-dangling")
    if state is RepositoryHealth.CORRUPT:
        yield critical(
            words[0],
            "change nothing there, keep a copy of the folder, and fetch what is missing from another clone",
            look,
        )
    elif state is RepositoryHealth.DEGRADED:
        yield warning(
            words[0], "it can be made anew: remove the index (or commit-graph) and write it again", look
        )


CHECK = Check(
    id="connectivity",
    summary="everything that branches lead to is there",
    well="everything that branches lead to is there",
    reaches=Status.CRITICAL,
    each_repository=True,
    cheap=False,
    deadline_seconds=2 * _SECONDS + 2,
    run=_run,
)
