"""From what happened to primaries to metric families. What is unknown has no sample."""

from collections.abc import Iterable
from itertools import product

from prometheus_client.core import Metric as Family

from alignwatch.journal.reading import JournalReading
from alignwatch.metrics import catalogue
from alignwatch.metrics.known import Watched, target_label, targets_of
from alignwatch.metrics.samples import Samples
from alignwatch.primaries.finding import EVENTS


def event_families(reading: JournalReading | None, repositories: Iterable[Watched]) -> list[Family]:
    """What happened to the primaries of the configured repositories.

    Args:
        reading: None when the journal cannot be read.
        repositories: those that are configured.
    """
    samples = Samples()
    if reading is not None:
        for repository in repositories:
            _add(samples, repository, reading)
    return samples.families()


def _add(samples: Samples, repository: Watched, reading: JournalReading) -> None:
    for target, event in product(targets_of(repository), EVENTS):
        totals = [
            one
            for one in reading.event_totals
            if (one.repository, one.event) == (repository.label, event)
            and target_label(repository, one.branch) == target
        ]
        labels = repository.label, target, event
        samples.add(catalogue.PRIMARY_EVENTS, sum(one.number for one in totals), *labels)
        last = max((one.last_seen for one in totals), default=None)
        samples.add(catalogue.PRIMARY_LAST_EVENT, last, *labels)
