"""Makes everything that the server hands out from everything that is known.

A request only ever picks up what lies ready here; see :mod:`alignwatch.daemon` for when it is made.
"""

import platform
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from prometheus_client import ProcessCollector
from prometheus_client.core import Metric as Family

from alignwatch import __version__
from alignwatch.branches import rows_of
from alignwatch.journal.reading import JournalReading
from alignwatch.metrics import catalogue
from alignwatch.metrics.exposition import Exposition
from alignwatch.metrics.journal_families import journal_families
from alignwatch.metrics.page import Page
from alignwatch.metrics.samples import Samples
from alignwatch.metrics.settings_families import settings_families
from alignwatch.metrics.snapshot_families import snapshot_families
from alignwatch.settings import Settings
from alignwatch.snapshot import DivergenceReading, Snapshot
from alignwatch.status import Status, make_status
from alignwatch.web.landing import landing_page


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that is known at one moment."""

    settings: Settings
    snapshot: Snapshot
    journal: JournalReading | None
    """None when it could not be read."""
    reload_ok: bool
    """Whether the last reading of the configuration succeeded."""
    reload_time: float
    """When one last did, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything that is handed out."""

    page: Page
    status: Status
    status_json: bytes
    branches_json: bytes
    landing: bytes
    """HTML."""


class Publisher:
    """Makes publications; what did not change since the last one is taken from there."""

    def __init__(self, git_version: str) -> None:
        self._git_version = git_version
        self._exposition = Exposition()
        self._process = ProcessCollector(registry=None)
        self._branches: tuple[dict[str, DivergenceReading], bytes] = ({}, b"[]")

    def make(self, knowledge: Knowledge) -> Publication:
        """Makes the publication of what is known."""
        status = make_status(knowledge.snapshot, knowledge.settings)
        return Publication(
            page=self._exposition.render(self._families(knowledge), knowledge.snapshot.taken),
            status=status,
            status_json=msgspec.json.encode(status),
            branches_json=self._branches_json(knowledge),
            landing=landing_page(status, knowledge.settings.web.telemetry_path),
        )

    def _families(self, knowledge: Knowledge) -> Iterator[Family]:
        settings, snapshot = knowledge.settings, knowledge.snapshot
        yield from self._own(knowledge)
        yield from settings_families(settings, snapshot.taken)
        yield from snapshot_families(snapshot, settings)
        if settings.monitoring.performance_tracking:
            window = settings.monitoring.operation_window_seconds
            yield from journal_families(knowledge.journal, settings.repositories, window)
        yield from self._process.collect()

    def _own(self, knowledge: Knowledge) -> list[Family]:
        samples = Samples()
        versions = (__version__, platform.python_version(), self._git_version)
        samples.add(catalogue.BUILD_INFO, 1, *versions)
        samples.add(catalogue.CONFIG_RELOAD_SUCCESSFUL, knowledge.reload_ok)
        samples.add(catalogue.CONFIG_RELOAD_TIMESTAMP, knowledge.reload_time)
        samples.add(catalogue.SNAPSHOT_TIMESTAMP, knowledge.snapshot.taken)
        return samples.families()

    def _branches_json(self, knowledge: Knowledge) -> bytes:
        readings = {
            repository.label: reading
            for repository in knowledge.settings.repositories
            if (reading := knowledge.snapshot.get(DivergenceReading, repository.label)) is not None
        }
        known, encoded = self._branches
        # A probe that sees nothing new hands out the same reading again.
        if known.keys() == readings.keys() and all(known[label] is readings[label] for label in known):
            return encoded
        rows = [row for label, reading in readings.items() for row in rows_of(label, reading)]
        self._branches = readings, msgspec.json.encode(rows)
        return self._branches[1]
