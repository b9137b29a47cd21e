"""From what is known of unsaved and of lost work to metric families. What is unknown has no sample."""

from collections.abc import Iterable

from prometheus_client.core import Metric as Family

from alignwatch.journal.reading import JournalReading
from alignwatch.lost_work import EVENT
from alignwatch.metrics import catalogue
from alignwatch.metrics.known import Watched
from alignwatch.metrics.samples import Samples
from alignwatch.snapshot import Snapshot, UnsavedReading


def work_families(
    snapshot: Snapshot, journal: JournalReading | None, repositories: Iterable[Watched]
) -> list[Family]:
    """Everything that is known of the work in branches.

    Args:
        snapshot: what the probes know.
        journal: None when it cannot be read.
        repositories: those that are configured.
    """
    samples = Samples()
    for repository in repositories:
        unsaved = snapshot.get(UnsavedReading, repository.label)
        if unsaved is not None:
            _add_unsaved(samples, repository.label, unsaved)
        if journal is not None:
            _add_lost(samples, repository.label, journal)
    return samples.families()


def _add_unsaved(samples: Samples, label: str, reading: UnsavedReading) -> None:
    samples.add(catalogue.UNSAVED_BRANCHES, reading.branches, label)
    samples.add(catalogue.UNSAVED_UNKNOWN_BRANCHES, reading.unknown, label)
    samples.add(catalogue.UNSAVED_COMMITS, reading.commits, label)
    samples.add(catalogue.UNSAVED_OLDEST_COMMIT, reading.oldest, label)


def _add_lost(samples: Samples, label: str, journal: JournalReading) -> None:
    lost = [one for one in journal.event_totals if (one.repository, one.event) == (label, EVENT)]
    samples.add(catalogue.WORK_LOST, sum(one.number for one in lost), label)
    samples.add(catalogue.WORK_LAST_LOST, max((one.last_seen for one in lost), default=None), label)
