"""From the journal's outbox to metric families."""

from collections.abc import Sequence

from prometheus_client.core import Metric as Family

from alignwatch.journal.outbox import OUTCOMES
from alignwatch.journal.reading import JournalReading
from alignwatch.metrics import catalogue
from alignwatch.metrics.samples import Samples


def outbox_families(reading: JournalReading | None) -> Sequence[Family]:
    """How many alerts wait, since when, and what became of those that waited; nothing without a reading."""
    samples = Samples()
    if reading is not None:
        samples.add(catalogue.OUTBOX_WAITING, reading.outbox.waiting)
        samples.add(catalogue.OUTBOX_OLDEST, reading.outbox.oldest)
        for outcome in OUTCOMES:
            samples.add(catalogue.OUTBOX_TOTAL, reading.outbox.totals.get(outcome, 0), outcome)
    return samples.families()
