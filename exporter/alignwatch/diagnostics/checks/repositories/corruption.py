"""What the last `git fsck` of the exporter found, and refs that lead nowhere.

Damaged objects and packs, and refs that hold no object id, are critical. So that it is found, the exporter
runs `git fsck` every `monitoring.fsck.interval_seconds`; a check that is overdue is a warning.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, critical, ok, skipped, warning
from alignwatch.diagnostics.checks.repositories.connectivity import damage
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import opened
from alignwatch.diagnostics.status import Status
from alignwatch.git.refs import read_branches
from alignwatch.probes import cache_dir
from alignwatch.probes.fsck import RememberedFsck
from alignwatch.text import span

_OVERDUE = 3
"""Intervals."""


def _run(context: Context) -> Iterator[Finding]:
    broken = read_branches(context.git, context.path, 4.0).broken
    if broken:
        yield critical(
            f"{len(broken)} refs lead to nothing, such as {broken[0]}",
            "find out where it was, and set it again",
            # git reads no reflog of a ref that it cannot read.
            ("cat", str(opened(context).common_dir / "logs" / broken[0])),
            ("git", "-C", str(context.path), "fsck", "--lost-found"),
        )
    wanted = context.settings.monitoring.fsck
    if not wanted.enabled:
        yield skipped("monitoring.fsck.enabled is false: something else checks it")
        return
    try:
        reading = RememberedFsck(context.path, cache_dir(context.settings)).read()
    except FileNotFoundError:
        yield skipped("git fsck has not run yet", "run the exporter: it does once a day")
        return
    yield from damage(context, reading)
    age = context.now - reading.finished
    if age > _OVERDUE * wanted.interval_seconds:
        yield warning(
            f"git fsck ran last {span(age)} ago, and should every {span(wanted.interval_seconds)}",
            "see whether the exporter runs, and whether the check ends in time",
            ("alignwatch", "status"),
        )
    else:
        yield ok(f"git fsck ran {span(age)} ago")


CHECK = Check(
    id="corruption",
    summary="no damage is known, and it is looked for",
    well="no damage is known",
    reaches=Status.CRITICAL,
    each_repository=True,
    run=_run,
)
