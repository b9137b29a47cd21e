"""Everything that a person is shown of a window: the report, and what lies behind its figures."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from alignwatch.errors import AlignwatchError
from alignwatch.report.alerts import Story
from alignwatch.report.branch_states import RepositoryBranches, branches_by_state
from alignwatch.report.build import build_with_stories
from alignwatch.report.counts import Counters
from alignwatch.report.courses import OperationCourse, machines, operations_by_step
from alignwatch.report.kinds import Histograms, Kind, PhaseFigures
from alignwatch.report.moments import Timeline, moments_of
from alignwatch.report.prometheus import promql_duration
from alignwatch.report.schema import MonitoringReport
from alignwatch.report.singles import SingleOperations, single_operations
from alignwatch.report.sources import Sources, sources_for
from alignwatch.report.thresholds import Thresholds, thresholds
from alignwatch.report.upkeep import TaskReport, tasks
from alignwatch.report.window import Window
from alignwatch.settings import Settings

_STEPS = 31
_RULES = "alignment_rule_pack_info"
"""What the rule pack records of itself."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stood in and at the end of one window: what can be compared with another one."""

    window: Window
    report: MonitoringReport
    stories: Sequence[Story]
    """The alerts of the report, in its order."""
    branches: Sequence[RepositoryBranches]
    kinds: Sequence[Kind]
    phases: Sequence[PhaseFigures]
    tasks: Sequence[TaskReport]
    operations: OperationCourse


@dataclass(frozen=True, slots=True)
class Review:
    """The whole."""

    now: Standing
    compared: bool
    """Whether the window before was asked for."""
    before: Standing | None
    """It, where anything is known of it."""
    machines: Timeline
    singles: SingleOperations | str
    """Or why they are not known."""
    limits: Thresholds
    """As they are at the window's end."""
    rules_seen: bool
    """Whether Prometheus evaluated the rule pack in the window."""
    missing: Sequence[str]
    """What the making of it warned of."""


def review(settings: Settings, window: Window, warn: Callable[[str], None], *, compare: bool) -> Review:
    """Asks the servers that the settings lead to, several things at once.

    Args:
        settings: where Prometheus, Alertmanager and the exporter are, and the state folder.
        window: what it is about.
        warn: is told what is missing.
        compare: the window before is asked for too.

    Raises:
        UsageError: a credential or certificate cannot be used.
        AlignwatchError: Prometheus fails, or knows nothing of any exporter.
    """
    missing: dict[str, None] = {}

    def note(message: str) -> None:
        if message not in missing:
            missing[message] = None
            warn(message)

    with sources_for(settings, note) as sources, ThreadPoolExecutor() as threads:
        asked = sources.prometheus
        limits, length = thresholds(asked, window.end), promql_duration(window.seconds)
        before = threads.submit(_before, sources, window, limits) if compare else None
        use = threads.submit(machines, asked, window)
        singles = threads.submit(single_operations, asked, window, settings)
        now = _standing(sources, window, limits)
        return Review(
            now=now,
            compared=compare,
            before=before.result() if before else None,
            machines=use.result(),
            singles=singles.result(),
            limits=limits,
            rules_seen=bool(asked.instant(f"last_over_time({_RULES}[{length}])", window.end)),
            missing=tuple(missing),
        )


def _standing(sources: Sources, window: Window, limits: Thresholds, most: int = _STEPS) -> Standing:
    """Asks about one window, which is cut into so many steps at most."""
    prometheus = sources.prometheus
    with ThreadPoolExecutor() as threads:
        report = threads.submit(build_with_stories, sources, window)
        branches = threads.submit(branches_by_state, prometheus, window, most)
        counters = Counters(prometheus, window)
        upkeep = threads.submit(tasks, prometheus, window, counters)
        histograms = Histograms(prometheus, window, counters, limits, moments_of(window, most))
        course = threads.submit(operations_by_step, prometheus, histograms)
        kinds, phases = histograms.kinds(), histograms.phases()
        made, stories = report.result()
        return Standing(
            window=window,
            report=made,
            stories=stories,
            branches=branches.result(),
            kinds=kinds,
            phases=phases,
            tasks=upkeep.result(),
            operations=course.result(),
        )


def _before(sources: Sources, window: Window, limits: Thresholds) -> Standing | None:
    """The window of the same length that ends where this one begins; None where nothing is known of it."""
    try:
        return _standing(sources, Window(window.start - window.seconds, window.start), limits, most=1)
    except AlignwatchError as error:
        sources.warn(f"nothing is compared: of the window before, {error}")
        return None
