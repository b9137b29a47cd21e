"""Improvements (Task 022) and Optimization (Task 023), as far as their contracts are known."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from alignwatch import MaintenanceMonitoringFramework
from alignwatch.journal.store import Journal
from alignwatch.operation import Kind, Phase
from alignwatch.state_dir import journal_path
from support.journals import operation


class Timed(Protocol):
    """What Task 022 reads of a component."""

    @property
    def avg_time(self) -> float: ...


class Used(Protocol):
    """What Task 022 reads of a resource."""

    @property
    def percent(self) -> float: ...


class Performance(Protocol):
    """What Task 022 reads of the whole."""

    @property
    def avg_alignment_time(self) -> float: ...


class Monitoring(Protocol):
    """What Task 022 calls."""

    def get_performance_metrics(self) -> Performance: ...
    def get_component_performance(self) -> Mapping[str, Timed]: ...
    def get_resource_usage(self) -> Mapping[str, Used]: ...


class Improvements:
    """Task 022: what is slow, by its own defaults."""

    def __init__(self, monitoring: Monitoring, percent: float = 80.0) -> None:
        self._monitoring = monitoring
        self._percent = percent

    def found(self) -> Iterator[str]:
        if self._monitoring.get_performance_metrics().avg_alignment_time > 1.0:
            yield "alignment"
        for name, component in self._monitoring.get_component_performance().items():
            if component.avg_time > 2.0:
                yield f"component {name}"
        for name, use in self._monitoring.get_resource_usage().items():
            if use.percent > self._percent:
                yield f"resource {name}"


def note(seconds: float, age: float, number: int) -> None:
    """Operations whose time is spent rebasing, but for a second of checks."""
    with Journal(journal_path(Path(os.environ["ALIGNWATCH_STATE_DIR"]))) as journal:
        for index in range(number):
            phases = (Phase("safety_checks", 1.0), Phase("rebase_operation", seconds + index / 100))
            started = time.time() - age - 60 * index - seconds - 1
            journal.record(
                operation(
                    f"{age}-{index}", kind=Kind.ALIGN, started=started, duration=seconds + 1, phases=phases
                )
            )


def test_task_022_finds_what_is_slow(repository: Path) -> None:
    framework = MaintenanceMonitoringFramework(repository)
    assert list(Improvements(framework, percent=100.0).found()) == []
    note(3.0, 600, 4)
    assert list(Improvements(framework, percent=100.0).found()) == ["alignment", "component rebase_operation"]
    assert set(Improvements(framework, percent=-1.0).found()) >= {"resource cpu", "resource memory"}


def test_task_023_sees_what_its_work_was_good_for(repository: Path) -> None:
    """Its two interfaces: the class, and the command's JSON in another process."""
    note(3.0, 3 * 86_400, 12)
    note(1.0, 600, 12)
    done = subprocess.run(
        [sys.executable, "-m", "alignwatch", "profile", "--baseline", "14d", "--json"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    changes = {one["phase"]: one["change"] for one in json.loads(done.stdout)["parts"]}
    assert changes == {None: "faster", "rebase_operation": "faster", "safety_checks": "same"}
    profile = MaintenanceMonitoringFramework(repository).profile(baseline="14d")
    assert {one.phase: one.change for one in profile.parts} == changes
    (rebase,) = (one for one in profile.parts if one.phase == "rebase_operation")
    assert rebase.ratio == pytest.approx(1 / 3, rel=0.05)
