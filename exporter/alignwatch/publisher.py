"""Makes everything that the server hands out from everything that is known.

A request only ever picks up what lies ready here; see :mod:`alignwatch.daemon.publishing` for when it is
made.
"""

import platform
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from prometheus_client import ProcessCollector
from prometheus_client.core import Metric as Family

from alignwatch import __version__
from alignwatch.branches import NO_BRANCHES, BranchList, rows_of
from alignwatch.collisions import NO_COLLISIONS, CollisionList, collision_rows
from alignwatch.drift import SOURCES, branches_of
from alignwatch.events import NO_EVENTS, EventList, event_rows
from alignwatch.hooks.readers import readers_of
from alignwatch.journal.events import Event
from alignwatch.journal.reading import JournalReading
from alignwatch.metrics import catalogue
from alignwatch.metrics.backup_families import backup_families
from alignwatch.metrics.event_families import event_families
from alignwatch.metrics.exposition import render
from alignwatch.metrics.journal_families import journal_families, notification_families
from alignwatch.metrics.maintenance_families import maintenance_families
from alignwatch.metrics.outbox_families import outbox_families
from alignwatch.metrics.page import Page
from alignwatch.metrics.samples import Samples
from alignwatch.metrics.session_families import session_families
from alignwatch.metrics.settings_families import settings_families
from alignwatch.metrics.snapshot_families import snapshot_families
from alignwatch.metrics.trace_families import trace_families
from alignwatch.metrics.work_families import work_families
from alignwatch.session import Session
from alignwatch.settings import Settings
from alignwatch.snapshot import CollisionsReading, Reading, Snapshot
from alignwatch.stack import addresses
from alignwatch.status import Status, make_status
from alignwatch.tracking.trace.listener import TraceReading
from alignwatch.tracking.trend import Trends
from alignwatch.web.page.view import View

_Readings = dict[str, tuple[Reading | None, ...]]
"""By repository: what its rows are made of."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that is known at one moment."""

    settings: Settings
    snapshot: Snapshot
    journal: JournalReading | None
    """None when it could not be read."""
    trends: Trends
    """How the durations in it change."""
    reload_ok: bool
    """Whether the last reading of the configuration succeeded."""
    reload_time: float
    """When one last did, in seconds since the epoch."""
    session: Session
    """How the monitoring itself is."""
    trace: TraceReading | None = None
    """How listening to git goes; None where git is not told to write events."""


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything that is handed out."""

    page: Page
    status: Status
    status_json: bytes
    branches: BranchList
    collisions: CollisionList
    events: EventList
    view: View
    """For people."""


class Publisher:
    """Makes publications; what did not change since the last one is taken from there."""

    def __init__(self, git_version: str) -> None:
        self._git_version = git_version
        self._process = ProcessCollector(registry=None)
        self._branches: tuple[_Readings, BranchList] = ({}, NO_BRANCHES)
        self._collisions: tuple[dict[str, CollisionsReading | None], CollisionList] = ({}, NO_COLLISIONS)
        self._events: tuple[tuple[Event, ...], EventList] = ((), NO_EVENTS)

    def make(self, knowledge: Knowledge) -> Publication:
        """Makes the publication of what is known."""
        settings, snapshot = knowledge.settings, knowledge.snapshot
        status = make_status(snapshot, settings, knowledge.session)
        branches, events = self._branch_list(knowledge), self._event_list(knowledge)
        return Publication(
            page=render(self._families(knowledge), snapshot.taken),
            status=status,
            status_json=msgspec.json.encode(status),
            branches=branches,
            collisions=self._collision_list(knowledge),
            events=events,
            view=View(
                settings=settings,
                taken=snapshot.taken,
                status=status,
                branches=branches,
                events=events,
                journal=knowledge.journal,
                stack=addresses.read(settings.state_folder),
            ),
        )

    def _families(self, knowledge: Knowledge) -> Iterator[Family]:
        settings, snapshot = knowledge.settings, knowledge.snapshot
        yield from self._own(knowledge)
        yield from settings_families(settings)
        yield from snapshot_families(snapshot, settings)
        if settings.monitoring.performance_tracking:
            window = settings.monitoring.operation_window_seconds
            yield from journal_families(
                knowledge.journal,
                settings.repositories,
                window,
                knowledge.trends,
                resources=settings.diagnostics.resource_profiling,
            )
        yield from event_families(knowledge.journal, settings.repositories)
        yield from work_families(snapshot, knowledge.journal, settings.repositories)
        yield from outbox_families(knowledge.journal)
        yield from session_families(knowledge.session, knowledge.journal, readers_of(settings))
        if settings.alerts.audit.token_file is not None:
            yield from notification_families(knowledge.journal)
        maintenance = knowledge.journal.maintenance if knowledge.journal else None
        yield from maintenance_families(settings, maintenance, snapshot.taken)
        yield from backup_families(settings, knowledge.journal)
        yield from trace_families(knowledge.trace, snapshot.taken)
        yield from self._process.collect()

    def _own(self, knowledge: Knowledge) -> list[Family]:
        samples = Samples()
        versions = (__version__, platform.python_version(), self._git_version)
        samples.add(catalogue.BUILD_INFO, 1, *versions)
        samples.add(catalogue.CONFIG_RELOAD_SUCCESSFUL, knowledge.reload_ok)
        samples.add(catalogue.CONFIG_RELOAD_TIMESTAMP, knowledge.reload_time)
        samples.add(catalogue.SNAPSHOT_TIMESTAMP, knowledge.snapshot.taken)
        return samples.families()

    def _branch_list(self, knowledge: Knowledge) -> BranchList:
        snapshot, labels = knowledge.snapshot, [one.label for one in knowledge.settings.repositories]
        readings: _Readings = {
            label: tuple(snapshot.get(kind, label) for kind in SOURCES) for label in labels
        }
        known, listed = self._branches
        # A probe that sees nothing new hands out the same reading again.
        if known.keys() == readings.keys() and all(
            old is new for label in known for old, new in zip(known[label], readings[label], strict=True)
        ):
            return listed
        rows = (
            row
            for label in labels
            if (reading := branches_of(snapshot, label)) is not None
            for row in rows_of(label, reading)
        )
        self._branches = readings, BranchList.of(tuple(rows))
        return self._branches[1]

    def _collision_list(self, knowledge: Knowledge) -> CollisionList:
        snapshot, labels = knowledge.snapshot, [one.label for one in knowledge.settings.repositories]
        readings = {label: snapshot.get(CollisionsReading, label) for label in labels}
        if readings != self._collisions[0]:
            rows = (
                row
                for label, reading in readings.items()
                if reading is not None
                for row in collision_rows(label, reading)
            )
            self._collisions = readings, CollisionList.of(tuple(rows))
        return self._collisions[1]

    def _event_list(self, knowledge: Knowledge) -> EventList:
        watched = {one.label for one in knowledge.settings.repositories}
        noted = knowledge.journal.events if knowledge.journal else ()
        events = tuple(one for one in noted if one.repository in watched)
        if events != self._events[0]:
            self._events = events, EventList.of(tuple(event_rows(events)))
        return self._events[1]
