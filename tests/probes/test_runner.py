import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.git.command import GitError
from alignwatch.probes.runner import Lane, Runner, Task, look, run_all
from alignwatch.snapshot import ProbeRun, Reason


@dataclass(frozen=True)
class Number:
    probe: ClassVar[str] = "number"
    value: int


class Call:
    """A probe made of a function."""

    def __init__(self, function: Callable[[], int]) -> None:
        self._function = function

    def read(self) -> Number:
        return Number(self._function())


def task(function: Callable[[], int], name: str = "number", **changes: float) -> Task:
    return Task(name, "r", Call(function), changes.get("interval", 0.01), changes.get("deadline", 5.0))


def raising(error: Exception) -> Callable[[], int]:
    def raise_it() -> int:
        raise error

    return raise_it


@contextmanager
def stuck() -> Iterator[Callable[[], int]]:
    released = threading.Event()
    try:
        yield lambda: int(released.wait(60))
    finally:
        released.set()


def test_a_success_is_measured() -> None:
    run = look(task(lambda: 7))
    assert (run.ok, run.value, run.error) == (True, Number(7), None)
    assert run.last_success == run.started
    assert run.duration >= 0


@pytest.mark.parametrize(
    ("error", "reason", "words"),
    [
        (GitError("x: gone", reason="missing"), Reason.MISSING, "x: gone"),
        (PermissionError(13, "Permission denied", "/f"), Reason.PERMISSION, "/f: Permission denied"),
        (FileNotFoundError(2, "No such file", "/f"), Reason.MISSING, "/f: No such file"),
        (AlignwatchError("plain words"), Reason.INTERNAL, "plain words"),
        (ZeroDivisionError("oh"), Reason.INTERNAL, "ZeroDivisionError: oh"),
    ],
)
def test_every_failure_becomes_a_run(error: Exception, reason: Reason, words: str) -> None:
    run = look(task(raising(error)))
    assert (run.ok, run.reason, run.error, run.value, run.last_success) == (False, reason, words, None, None)


def test_all_at_once_and_the_stuck_one_is_given_up() -> None:
    with stuck() as hang:
        runs = run_all([task(hang, deadline=0.05), task(lambda: 1, name="quick")])
    assert [run.reason for run in runs] == [Reason.TIMEOUT, None]
    assert runs[0].error == "did not end within 0.05 s"


def collect(tasks: list[Task], enough: Callable[[list[ProbeRun]], bool], at_once: int = 4) -> list[ProbeRun]:
    runs: list[ProbeRun] = []

    async def main() -> None:
        done = asyncio.Event()

        def publish(run: ProbeRun) -> None:
            runs.append(run)
            if enough(runs):
                done.set()

        keeping = asyncio.create_task(Runner(tasks, publish, retry_seconds=0.01, at_once=at_once).run())
        await asyncio.wait_for(done.wait(), 30)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping

    asyncio.run(main())
    return runs


def test_each_task_keeps_its_clock_and_counts_from_the_last_success() -> None:
    answers = iter([1, 2])
    runs = collect([task(lambda: next(answers))], lambda runs: len(runs) >= 4)
    assert [run.ok for run in runs[:4]] == [True, True, False, False]
    assert runs[3].last_success == runs[1].started


def test_who_was_turned_away_tries_again_soon() -> None:
    answers = iter([FileNotFoundError(2, "No such file", "/f"), PermissionError(13, "No", "/f"), None])

    def read() -> int:
        if error := next(answers):
            raise error
        return 7

    runs = collect([task(read, interval=3600)], lambda runs: len(runs) == 3)
    assert [run.reason for run in runs] == [Reason.MISSING, Reason.PERMISSION, None]


def test_who_failed_at_its_work_waits_for_its_turn() -> None:
    costly = task(raising(GitError("git ended with 1", reason="git")), name="costly", interval=3600)

    def enough(runs: list[ProbeRun]) -> bool:
        names = [run.probe for run in runs]
        return "costly" in names and names[names.index("costly") :].count("quick") >= 20

    runs = collect([costly, task(lambda: 1, name="quick")], enough)
    assert sum(run.probe == "costly" for run in runs) == 1


def test_a_stuck_probe_delays_no_other_and_is_not_started_twice() -> None:
    started: list[int] = []
    with stuck() as hang:

        def hanging() -> int:
            started.append(1)
            return hang()

        runs = collect(
            [task(hanging, name="stuck", deadline=0.05), task(lambda: 1, name="quick")],
            lambda runs: (
                sum(run.probe == "quick" for run in runs) >= 20
                and sum(run.probe == "stuck" for run in runs) >= 3
            ),
            at_once=1,
        )
    assert len(started) == 1
    assert {run.reason for run in runs if run.probe == "stuck"} == {Reason.TIMEOUT}
    assert all(run.ok for run in runs if run.probe == "quick")


def test_a_task_may_wait_before_its_first_look() -> None:
    looks: list[float] = []

    def look_late() -> int:
        looks.append(time.monotonic())
        return 1

    late = replace(task(look_late, name="late"), wait=0.2)
    later = replace(task(lambda: 1, name="later"), wait=60)
    began = time.monotonic()
    runs = collect([later, late], lambda runs: len(runs) == 1)
    assert runs[0].probe == "late"
    assert looks[0] - began >= 0.2


@pytest.mark.parametrize("lane", [Lane.SLOW, Lane.FORECAST])
def test_a_slow_task_runs_beside_the_others(lane: Lane) -> None:
    with stuck() as hang:
        slow = Task("slow", "r", Call(hang), 1.0, 60.0, lane)
        runs = collect([slow, task(lambda: 1, name="quick")], lambda runs: len(runs) >= 5, at_once=1)
    assert {run.probe for run in runs} == {"quick"}
