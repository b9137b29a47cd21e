"""Whether the object store is in order: not too many loose objects and packs, and nothing else in it.

Above `loose_objects` and `packs` everything becomes slow, and a clean-up is overdue. Files among the objects
that are none are left over from what was cut short.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.git.objects import count_objects


def _run(context: Context) -> Iterator[Finding]:
    thresholds = context.settings.thresholds_of(context.repository)
    counts = count_objects(context.git, context.path, 4.0)
    clean = ("git", "-C", str(context.path), "gc")
    for number, limit, what in (
        (counts.loose_objects, thresholds.loose_objects, "loose objects"),
        (counts.packs, thresholds.packs, "packs"),
    ):
        if number > limit:
            yield warning(f"{number} {what}, above {limit}", "clean up while nobody is at work there", clean)
    if counts.garbage_files:
        yield warning(
            f"{counts.garbage_files} files among the objects that are none",
            "see which, and clean up while nobody is at work there",
            ("git", "-C", str(context.path), "count-objects", "--verbose"),
            clean,
        )
    yield ok(f"{counts.loose_objects} loose objects, {counts.packs} packs")


CHECK = Check(
    id="object-store",
    summary="the object store is in order",
    well="the object store is in order",
    each_repository=True,
    run=_run,
)
