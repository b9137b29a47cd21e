"""From what an exporter knows to the samples that the rules read, quickly enough for a month of pages.

The families are the exporter's own. What follows from readings that have not changed is not made again.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from prometheus_client.core import Metric as Family

from alignwatch import __version__
from alignwatch.assets import asset
from alignwatch.hooks.readers import readers_of
from alignwatch.metrics import catalogue
from alignwatch.metrics.backup_families import backup_families
from alignwatch.metrics.branch_families import add_branches
from alignwatch.metrics.event_families import event_families
from alignwatch.metrics.journal_families import journal_families, notification_families
from alignwatch.metrics.maintenance_families import maintenance_families
from alignwatch.metrics.outbox_families import outbox_families
from alignwatch.metrics.samples import Samples
from alignwatch.metrics.session_families import session_families
from alignwatch.metrics.settings_families import settings_families
from alignwatch.metrics.snapshot_families import snapshot_families
from alignwatch.metrics.trace_families import trace_families
from alignwatch.metrics.work_families import work_families
from alignwatch.publisher import Knowledge
from alignwatch.snapshot import CollisionsReading, DivergenceReading, ForecastReading, Snapshot
from support.habits import PLAIN, Habits
from support.history import EXPORTER

_DRIFT = (DivergenceReading, ForecastReading, CollisionsReading)


def _read_metrics() -> frozenset[str]:
    text = "".join(file.read_text() for file in asset("rules").glob("*.yml"))
    return frozenset(re.findall(r"\b(?:alignment|process)_[a-z0-9_]+", text))


@dataclass
class Pages:
    """Makes the pages of one exporter, one after the other."""

    habits: Habits = PLAIN
    exporter: Mapping[str, str] = field(default_factory=lambda: EXPORTER)
    """Labels that a scrape adds."""
    shown: frozenset[str] | None = field(default_factory=_read_metrics)
    """The metrics that the rules name; None: all."""
    _kept: dict[str, tuple[tuple[object, ...], list[str]]] = field(default_factory=dict)
    """What a part of the page was made of, and its lines."""

    def lines(self, knowledge: Knowledge, started: float) -> list[str]:
        """The samples as OpenMetrics has them, without a timestamp.

        Args:
            knowledge: what the exporter knows.
            started: when its process did, in seconds since the epoch.
        """
        settings, snapshot, journal = knowledge.settings, knowledge.snapshot, knowledge.journal
        (repository,) = repositories = settings.repositories
        drift = tuple(snapshot.get(kind, repository.label) for kind in _DRIFT)
        without_drift = Snapshot(
            snapshot.taken,
            {
                key: replace(run, value=None) if isinstance(run.value, _DRIFT) else run
                for key, run in snapshot.runs.items()
            },
        )

        def branches() -> list[Family]:
            samples = Samples()
            add_branches(samples, snapshot, repository)
            return samples.families()

        def operations() -> Iterable[Family]:
            window = settings.monitoring.operation_window_seconds
            return journal_families(journal, repositories, window, knowledge.trends)

        def maintenance() -> Iterable[Family]:
            done = journal.maintenance if journal else None
            return maintenance_families(settings, done, snapshot.taken)

        # What is due follows from the clock, and only on the hour.
        hour = snapshot.taken // 3600
        return [
            f"process_start_time_seconds{self.labels({})} {started}",
            *self._own(knowledge),
            *self._once("settings", lambda: settings_families(settings)),
            *self._once("branches", branches, *drift),
            *self._once("operations", operations, journal, knowledge.trends),
            *self._once("events", lambda: event_families(journal, repositories), journal),
            *self._once(f"maintenance at {hour}", maintenance, journal),
            *self._written(snapshot_families(without_drift, settings)),
            *self._written(work_families(snapshot, journal, repositories)),
            *self._written(outbox_families(journal)),
            *self._written(session_families(knowledge.session, journal, readers_of(settings))),
            *self._written(backup_families(settings, journal)),
            *self._written(notification_families(journal)),
            *self._written(trace_families(knowledge.trace, snapshot.taken)),
        ]

    def _own(self, knowledge: Knowledge) -> list[str]:
        samples = Samples()
        samples.add(catalogue.BUILD_INFO, 1, __version__, "3.11.2", "2.39.5")
        samples.add(catalogue.CONFIG_RELOAD_SUCCESSFUL, knowledge.reload_ok)
        samples.add(catalogue.CONFIG_RELOAD_TIMESTAMP, knowledge.reload_time)
        samples.add(catalogue.SNAPSHOT_TIMESTAMP, knowledge.snapshot.taken)
        return self._written(samples.families())

    def _once(self, part: str, make: Callable[[], Iterable[Family]], *made_of: object) -> list[str]:
        known = self._kept.get(part)
        if known is None or any(old is not new for old, new in zip(known[0], made_of, strict=True)):
            known = self._kept[part] = (made_of, self._written(make()))
        return known[1]

    def _written(self, families: Iterable[Family]) -> list[str]:
        return [
            f"{sample.name}{self.labels(sample.labels)} {sample.value}"
            for family in families
            for sample in family.samples
            if (self.shown is None or sample.name in self.shown) and self._used(sample.labels)
        ]

    def labels(self, own: Mapping[str, str]) -> str:
        """A series' labels with those that a scrape adds."""
        return "{" + ",".join([f'{name}="{value}"' for name, value in {**own, **self.exporter}.items()]) + "}"

    def _used(self, own: Mapping[str, str]) -> bool:
        return not any(own.get(name) in values for name, values in self.habits.unused.items())
