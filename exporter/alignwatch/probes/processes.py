"""Which processes of the machine are at work aligning branches?

A process counts by what it runs and never by what its arguments mention: an editor with ``align.py``
open aligns nothing.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from alignwatch.git.call import git_call
from alignwatch.operation import Kind
from alignwatch.probes.command_line import program_name
from alignwatch.process_table import each_process
from alignwatch.snapshot import AlignmentProcess, ProcessesReading

ALIGNMENT = "alignment"
"""The operation of a process that is known by its name."""
GIT_OPERATIONS = frozenset(kind.value for kind in Kind) - {Kind.ALIGN.value}
"""The subcommands of git that count: those that the journal knows. ``commit``, ``gc``, ``repack`` and
``maintenance`` are not among them: they align nothing, and an open commit message is a person at work."""

_OURSELVES = "alignwatch"


@dataclass(frozen=True, slots=True)
class _Match:
    process: psutil.Process
    operation: str
    folder: str | None
    """The folder that its arguments name, for when we may not ask for its working directory."""


class ProcessesProbe:
    """Looks at the process table, once over."""

    def __init__(self, patterns: Iterable[str]) -> None:
        """Takes the words that make a program or a script an alignment; case does not matter."""
        self._patterns = tuple(pattern.casefold() for pattern in patterns)

    def read(self) -> ProcessesReading:
        """Looks once.

        One operation counts once, whatever helpers it starts. Our own process, what it started and what
        started it do not count, nor do processes that end meanwhile.
        """
        parents: dict[int, int] = {}
        matches: dict[int, _Match] = {}
        for process, said in each_process("ppid", "cmdline"):
            parents[process.pid] = said["ppid"] or 0
            if match := self._match(process, said["cmdline"] or ()):
                matches[process.pid] = match
        return ProcessesReading(tuple(_describe(_topmost(matches, parents))))

    def _match(self, process: psutil.Process, arguments: Sequence[str]) -> _Match | None:
        call = git_call(arguments)
        if call is not None:
            known = call.subcommand in GIT_OPERATIONS
            return _Match(process, call.subcommand, call.folder) if known else None
        name = program_name(arguments).casefold()
        named = any(pattern in name for pattern in self._patterns)
        return _Match(process, ALIGNMENT, None) if named and not name.startswith(_OURSELVES) else None


def _topmost(matches: Mapping[int, _Match], parents: Mapping[int, int]) -> Iterator[_Match]:
    own = os.getpid()
    above_us = {own, *_ancestors(own, parents)}
    for pid, match in matches.items():
        ancestors = tuple(_ancestors(pid, parents))
        above = [matches[ancestor].operation for ancestor in ancestors if ancestor in matches]
        if pid not in above_us and own not in ancestors and not _is_helper(match.operation, above):
            yield match


def _is_helper(operation: str, above: Sequence[str]) -> bool:
    # A git operation that an alignment script runs is shown beside the script: the script may stand
    # anywhere, and only its git stands in the repository.
    return any(other != ALIGNMENT or operation == ALIGNMENT for other in above)


def _ancestors(pid: int, parents: Mapping[int, int]) -> Iterator[int]:
    # The table was not read in one instant: reused ids may join into a ring.
    for _ in parents:
        pid = parents.get(pid, 0)
        if not pid:
            return
        yield pid


def _describe(matches: Iterable[_Match]) -> Iterator[AlignmentProcess]:
    for match in matches:
        with suppress(psutil.NoSuchProcess):
            folder = _working_directory(match.process) or match.folder
            started = match.process.create_time()
            yield AlignmentProcess(match.process.pid, match.operation, started, folder)


def _working_directory(process: psutil.Process) -> str | None:
    try:
        # git has gone to the folder of its -C options before it does anything else.
        return process.cwd() or None
    except psutil.AccessDenied:
        return None
