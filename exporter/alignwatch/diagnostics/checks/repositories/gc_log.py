"""A `gc.log`: git's automatic clean-up has failed.

As long as it is younger than `gc.logExpiry` (a day by default) git does not try again, and shows it with
each command; objects pile up. An older one says that nothing has cleaned up since. An empty one says nothing.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import opened
from alignwatch.text import span


def _run(context: Context) -> Iterator[Finding]:
    path = opened(context).common_dir / "gc.log"
    try:
        age, said = context.now - path.stat().st_mtime, path.read_text(errors="replace").strip()
    except FileNotFoundError:
        return
    if said:
        yield warning(
            f"git's automatic clean-up gave up {span(age)} ago: {said.splitlines()[0]}",
            "mend what it says, then clean up by hand while nobody is at work there",
            ("cat", str(path)),
            ("git", "-C", str(context.path), "gc"),
            file=str(path),
        )


CHECK = Check(
    id="gc-log",
    summary="git's automatic clean-up works",
    well="git's automatic clean-up has not failed",
    each_repository=True,
    run=_run,
)
