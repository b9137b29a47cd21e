"""The state of the monitoring itself, and how telling others goes."""

from collections.abc import Iterable

from prometheus_client.core import Metric as Family

from alignwatch.journal.notices import OUTCOMES, ReaderState
from alignwatch.journal.reading import JournalReading
from alignwatch.metrics import catalogue
from alignwatch.metrics.samples import Samples
from alignwatch.session import Session, SessionState
from alignwatch.settings import Hook, Parent


def session_families(
    session: Session, reading: JournalReading | None, readers: Iterable[Hook | Parent]
) -> list[Family]:
    """The session's state, and each configured hook and parent.

    Args:
        session: as it is.
        reading: None when the journal cannot be read.
        readers: who is to be told.
    """
    samples = Samples()
    for state in SessionState:
        samples.add(catalogue.SESSION_STATE, session.state is state, state.value)
    if reading is not None:
        for one in readers:
            known = reading.readers.get(one.name, ReaderState({}, None))
            for outcome in OUTCOMES:
                samples.add(catalogue.HOOK_EVENTS, known.totals.get(outcome, 0), one.name, outcome)
            samples.add(catalogue.HOOK_FAILING, known.problem is not None, one.name)
    return samples.families()
