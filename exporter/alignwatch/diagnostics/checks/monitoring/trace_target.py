"""Whether git tells of its commands, and somebody listens.

After `alignwatch trace install` each git command leaves a note in a folder of ours, which the exporter reads
and removes. A target of somebody else's in its place, a folder that cannot be written to, and notes that were
left out because too many had not been read, mean alignments that are not recorded. One command that does
nothing is run to see whether its note arrives. Where it was never installed, this is left out.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, critical, ok, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.status import Status
from alignwatch.git.command import Git
from alignwatch.state_dir import trace_folder
from alignwatch.text import span
from alignwatch.tracking.trace.folder import MOST_FILES, TraceFolder
from alignwatch.tracking.trace.installation import Installation

_MANY = MOST_FILES // 10
_ATTEMPTS = 3
_INSTALL = "alignwatch", "trace", "install"
_STATUS = "alignwatch", "trace", "status"


def _run(context: Context) -> Iterator[Finding]:
    folder = trace_folder(context.state_folder).absolute()
    installation = Installation(context.git, folder)
    targets = installation.targets()
    if not any(map(installation.is_ours, targets)):
        if folder.is_dir() and targets:
            yield warning(
                f"git tells {targets[-1].value} of its commands, and not Alignwatch",
                "remove that target, and install ours again",
                ("git", "config", "--show-origin", "--get-all", "trace2.eventTarget"),
                _INSTALL,
                key="trace2.eventTarget",
            )
        else:
            yield skipped("git does not tell of its commands", "install it: alignwatch trace install")
        return
    if not installation.is_ours(targets[-1]):
        yield critical(
            f"git tells {targets[-1].value} of its commands, which comes after Alignwatch's target",
            "remove it",
            ("git", "config", "--show-origin", "--get-all", "trace2.eventTarget"),
            key="trace2.eventTarget",
        )
        return
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        yield critical(
            f"git cannot write its notes into {folder}", "install it anew", _INSTALL, file=str(folder)
        )
        return
    yield from _notes(context, TraceFolder(folder))
    if not _arrives(context, folder):
        yield critical("git's notes do not arrive, and nobody knows why", "see what it says", _STATUS)


def _notes(context: Context, folder: TraceFolder) -> Iterator[Finding]:
    waiting, since = len(folder.names()), folder.overflowed()
    if since is not None:
        yield critical(
            f"git has left commands out for {span(context.now - since)}: too many notes had not been read",
            "run the exporter, which reads them",
            _STATUS,
            file=str(folder.path),
        )
    elif waiting > _MANY:
        yield warning(
            f"{waiting} of {MOST_FILES} notes wait to be read", "run the exporter, which reads them", _STATUS
        )
    else:
        yield ok(f"git tells of its commands; {waiting} notes wait")


def _arrives(context: Context, folder: Path) -> bool:
    """Whether the note of a command comes into the folder; an exporter may be quicker than we are."""
    environment = {name: value for name, value in context.environment.items() if name != "GIT_TRACE2_EVENT"}
    git = Git(environment=environment, traced=True)
    try:
        # Another note within the same tick of the clock leaves the folder's time as ours has made it.
        return any(_changes(folder, git) for _ in range(_ATTEMPTS))
    finally:
        git.close()


def _changes(folder: Path, git: Git) -> bool:
    before = folder.stat().st_mtime_ns
    git.run(Path("/"), "version", deadline=4)
    return folder.stat().st_mtime_ns != before


CHECK = Check(
    id="trace-target",
    summary="git tells of its commands",
    well="git tells of its commands",
    reaches=Status.CRITICAL,
    run=_run,
)
