"""Runs probes on their own clocks, and does the bookkeeping that no probe can forget.

Every run happens in a thread of its own with a deadline. A thread stuck in the kernel cannot be ended:
it is left behind, its run counts as failed, and the probe is not started again until it returns. So a
hung file system costs one thread and delays nothing else.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Protocol

from alignwatch.errors import AlignwatchError
from alignwatch.git.command import GitError
from alignwatch.snapshot import ProbeRun, Reading, Reason


class Probe(Protocol):
    """One question. May remember what it saw before."""

    def read(self) -> Reading:
        """Looks once; raises when it cannot tell."""


class Lane(Enum):
    """Tasks of one lane wait for each other, and never for those of another."""

    QUICK = auto()
    """Several at a time."""
    SLOW = auto()
    """May take minutes or hours: one at a time."""
    FORECAST = auto()
    """A slice of work that goes on for hours: one at a time."""
    PRIMARIES = auto()
    """Quick as long as nothing moves, and minutes where something did: several at a time."""
    DOCTOR = auto()
    """In a process of its own: one at a time."""


_SEVERAL = (Lane.QUICK, Lane.PRIMARIES)
_TURNED_AWAY = (Reason.MISSING, Reason.PERMISSION, Reason.OWNERSHIP, Reason.NO_GIT)
"""Failures that come before any work: to try again costs next to nothing."""


@dataclass(frozen=True, slots=True)
class Task:
    """One probe put on a clock. All times are seconds."""

    name: str
    repository: str
    probe: Probe
    interval: float
    deadline: float
    lane: Lane = Lane.QUICK
    wait: float = 0.0
    """Before the first look."""

    @property
    def maximum_age(self) -> float:
        """Two missed looks and a late third."""
        return 3 * self.interval + self.deadline


def look(task: Task) -> ProbeRun:
    """Runs a probe once and says how it went; never raises."""
    started, clock = time.time(), time.monotonic()
    value, reason, error = None, None, None
    try:
        value = task.probe.read()
    except GitError as failure:
        reason, error = Reason(failure.reason), str(failure)
    except PermissionError as failure:
        reason, error = Reason.PERMISSION, f"{failure.filename}: {failure.strerror}"
    except FileNotFoundError as failure:
        reason, error = Reason.MISSING, f"{failure.filename}: {failure.strerror}"
    except AlignwatchError as failure:
        reason, error = Reason.INTERNAL, str(failure)
    except Exception as failure:  # one probe's fault must not end the others
        reason, error = Reason.INTERNAL, f"{type(failure).__name__}: {failure}"
    return ProbeRun(
        probe=task.name,
        repository=task.repository,
        started=started,
        duration=time.monotonic() - clock,
        value=value,
        reason=reason,
        error=error,
        last_success=started if reason is None else None,
        maximum_age=task.maximum_age,
    )


def start(task: Task) -> "Future[ProbeRun]":
    """Runs a probe in a thread that nobody has to wait for."""
    future: Future[ProbeRun] = Future()
    name = f"probe {task.name} {task.repository}".rstrip()
    threading.Thread(target=lambda: future.set_result(look(task)), name=name, daemon=True).start()
    return future


def timed_out(task: Task, started: float) -> ProbeRun:
    """What is reported of a run that did not end by its deadline."""
    return ProbeRun(
        probe=task.name,
        repository=task.repository,
        started=started,
        duration=time.time() - started,
        value=None,
        reason=Reason.TIMEOUT,
        error=f"did not end within {task.deadline:g} s",
        last_success=None,
        maximum_age=task.maximum_age,
    )


def run_all(tasks: Iterable[Task]) -> list[ProbeRun]:
    """Runs each task once, all at the same time, and waits until the last deadline at most."""
    started, clock = time.time(), time.monotonic()
    under_way = [(task, start(task)) for task in tasks]
    runs = []
    for task, future in under_way:
        try:
            runs.append(future.result(max(0.0, clock + task.deadline - time.monotonic())))
        except TimeoutError:
            runs.append(timed_out(task, started))
    return runs


class Runner:
    """Keeps every task on its clock until cancelled."""

    def __init__(
        self,
        tasks: Iterable[Task],
        publish: Callable[[ProbeRun], None],
        *,
        retry_seconds: float,
        at_once: int = 4,
    ) -> None:
        """Takes the tasks, who hears of each run, and how many of a lane run at once.

        Args:
            tasks: each on a clock of its own.
            publish: called with each run, in the loop's thread.
            retry_seconds: who was turned away tries again so soon, however long its interval is: else what
                has come back would stay unknown for as long.
            at_once: how many tasks of one lane, where that takes several.
        """
        self._tasks = tuple(tasks)
        self._publish = publish
        self._retry_seconds = retry_seconds
        self._places = {lane: asyncio.Semaphore(at_once if lane in _SEVERAL else 1) for lane in Lane}

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            for task in self._tasks:
                group.create_task(self._keep(task))

    async def _keep(self, task: Task) -> None:
        await asyncio.sleep(task.wait)
        loop = asyncio.get_running_loop()
        future: Future[ProbeRun] | None = None
        last: ProbeRun | None = None
        while True:
            began = loop.time()
            if future is None or future.done():
                # Whoever ran out of time must not take the others' place the next time.
                late = last is not None and last.reason is Reason.TIMEOUT
                async with self._places[Lane.SLOW if late and task.lane is Lane.QUICK else task.lane]:
                    started, future = time.time(), start(task)
                    run = await _wait(task, future, started)
            else:
                run = timed_out(task, started)
            if not run.ok and last is not None:
                run = replace(run, last_success=last.last_success)
            self._publish(run)
            last = run
            interval = task.interval
            if run.reason in _TURNED_AWAY:
                interval = min(interval, self._retry_seconds)
            await asyncio.sleep(max(0.0, began + interval - loop.time()))


async def _wait(task: Task, future: "Future[ProbeRun]", started: float) -> ProbeRun:
    done, _ = await asyncio.wait([asyncio.wrap_future(future)], timeout=task.deadline)
    return future.result() if done else timed_out(task, started)
