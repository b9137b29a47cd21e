from alignwatch.journal.outbox import OUTCOMES, Outbox
from alignwatch.journal.reading import JournalReading
from alignwatch.metrics.outbox_families import outbox_families


def shown(reading: JournalReading | None) -> dict[str, float]:
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in outbox_families(reading)
        for sample in family.samples
    }


def test_every_outcome_is_counted_from_the_start_and_nothing_waits() -> None:
    assert shown(JournalReading((), (), (), 0)) == {
        "alignment_outbox_waiting_alerts": 0,
        **{f"alignment_outbox_alerts_total {outcome}": 0 for outcome in OUTCOMES},
    }


def test_what_waits_and_what_became_of_what_waited() -> None:
    seen = shown(JournalReading((), (), (), 0, outbox=Outbox(3, 1e9, {"sent": 7, "refused": 1})))
    assert seen["alignment_outbox_waiting_alerts"] == 3
    assert seen["alignment_outbox_oldest_timestamp_seconds"] == 1e9
    assert seen["alignment_outbox_alerts_total sent"] == 7
    assert seen["alignment_outbox_alerts_total refused"] == 1
    assert seen["alignment_outbox_alerts_total expired"] == 0


def test_without_the_journal_nothing_is_said() -> None:
    assert shown(None) == {}
