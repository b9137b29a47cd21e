"""Records the operations that git tells of; meant to be asked about once a second."""

import logging
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from alignwatch.errors import AlignwatchError
from alignwatch.journal.running import Running, process
from alignwatch.journal.store import Journal
from alignwatch.operation import Operation
from alignwatch.text import timestamp
from alignwatch.tracking.trace.assembly import SOURCE, Assembly
from alignwatch.tracking.trace.events import KINDS, Session, session_of
from alignwatch.tracking.trace.folder import OVERFLOW, TraceFolder
from alignwatch.tracking.trace.mark import is_marked
from alignwatch.tracking.trace.memory import Memory, MemoryFile
from alignwatch.tracking.trace.pending import Key
from alignwatch.tracking.trace.survey import Caught, Survey
from alignwatch.tracking.trace.worktrees import Worktrees

_log = logging.getLogger(__name__)


class TraceReading(NamedTuple):
    """How listening goes."""

    looked: float
    """When the last look ended, in seconds since the epoch."""
    ok: bool
    """Whether it succeeded."""
    backlog: int
    """Files that it found."""
    recorded: int
    """Operations recorded since the listener began."""
    overflowed: float | None
    """When git was last found to have left commands out, because there were too many files."""


class TraceListener:
    """Turns event files into operations of the journal.

    A file is removed as soon as it is known to say nothing of interest; of an operation, once that is
    durable in the journal or in our memory. Any number of listeners may look at one folder: they take
    turns, and an operation is known by its first process. What is cut short anywhere is done again.
    """

    def __init__(
        self, folder: Path, journal: Journal, watched: Collection[str], clock: Callable[[], float]
    ) -> None:
        """Takes where git writes, the names of the watched repositories, and what tells the time."""
        self._folder = TraceFolder(folder)
        self._memory = MemoryFile(folder.with_name(f"{folder.name}.json"))
        self._journal = journal
        self._watched = watched
        self._clock = clock
        self._taken_up = Memory()
        self._at_work: dict[str, float] = {}
        """Of each file whose process was seen at work: when it last was."""
        self._reading = TraceReading(looked=clock(), ok=True, backlog=0, recorded=0, overflowed=None)
        self._problem: str | None = None

    def look(self) -> TraceReading | None:
        """Records what there is; None where git is not told to write here. A problem is logged once."""
        problem = None
        try:
            with self._folder.alone() as alone:
                if alone:
                    self._look()
        except FileNotFoundError:
            return None
        except (AlignwatchError, OSError) as error:
            problem = str(error)
        except Exception as error:  # anybody's git writes there: nothing of it may end the exporter
            problem = f"{type(error).__name__}: {error}"
        if problem is not None and problem != self._problem:
            _log.error("git's events cannot be read: %s", problem)
        self._problem = problem
        self._reading = self._reading._replace(looked=self._clock(), ok=problem is None)
        return self._reading

    def _look(self) -> None:
        memory = self._memory.load()
        if memory is not self._taken_up:
            self._folder.remove(memory.absorbed)
            self._taken_up = memory
        assembly = Assembly(memory.pending, memory.claimed)
        # Before the survey: whoever changes what stands there has a file by then.
        standing = assembly.standing()
        worktrees = Worktrees(self._journal, self._watched, dict(memory.worktrees))
        survey = Survey(self._folder, worktrees)
        self._reading = self._reading._replace(backlog=len(survey.names))
        operations = self._operations(survey, assembly, standing)
        if operations:
            recorded = sum(self._journal.record_all(operations))
            self._reading = self._reading._replace(recorded=self._reading.recorded + recorded)
        self._note_running(survey, {one.operation_id for one in operations})
        after = Memory(
            pending=tuple(assembly.pending.values()),
            absorbed=tuple(name for one in survey.ended for name in one.names),
            worktrees=worktrees.known,
            claimed=assembly.claimed,
            overflowed=self._clock() if self._folder.overflowed() else memory.overflowed,
        )
        if structs.replace(after, absorbed=memory.absorbed) != memory:
            self._memory.save(after)
        self._folder.remove((*survey.unwanted, *reversed(after.absorbed)))
        self._end_overflow()
        self._reading = self._reading._replace(overflowed=after.overflowed)

    def _operations(
        self, survey: Survey, assembly: Assembly, standing: Mapping[Key, bool]
    ) -> list[Operation]:
        operations: list[Operation] = []
        for one in survey.ended:
            run = survey.run_of(one, self._at_work)
            operations += assembly.absorb(run, one.place, recorded=is_marked(run.session))
        if survey.certain:
            operations += assembly.settle(standing, survey.busy, self._clock())
        return operations

    def _note_running(self, survey: Survey, recorded: Collection[str]) -> None:
        """Lets the journal know what runs now, and what does not any more without being recorded."""
        for one in survey.running:
            name, session = one.names[0], session_of(one.names[0])
            if one.head.name in KINDS and session and not is_marked(one.head.session):
                if name not in self._at_work:
                    self._journal.begin(_running(one, session))
                self._at_work[name] = self._clock()
        for one in survey.ended:
            if self._at_work.pop(one.names[0], None) and one.head.session not in recorded:
                self._journal.withdraw(one.place.repository.name, one.head.session)

    def _end_overflow(self) -> None:
        """Lets git go on where it has left commands out."""
        since = self._folder.overflowed()
        if since is not None:
            _log.error(
                "%s: git has left commands out since %s, when too many files lay there that nobody had read; "
                "what was aligned since then is missing; it goes on now",
                self._folder.path,
                timestamp(since),
            )
            self._folder.remove((OVERFLOW,))


def _running(one: Caught, session: Session) -> Running:
    return Running(
        operation_id=one.head.session,
        repository=one.place.repository.name,
        kind=one.head.name,
        branch="",
        target="",
        started=session.started,
        source=SOURCE,
        owner=process(session.pid),
    )
