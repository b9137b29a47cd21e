import os
import subprocess
from pathlib import Path

import pytest

from alignwatch.journal.maintenance import (
    Ending,
    LatestRun,
    MaintenanceJournal,
    Outcome,
    TaskTotals,
)
from alignwatch.journal.running import Owner, Running, process
from alignwatch.journal.store import Journal
from support.journals import NOW

DUE = int(NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> MaintenanceJournal:
    return MaintenanceJournal(path)


def us() -> Owner:
    owner = process(os.getpid())
    assert owner is not None
    return owner


def dead() -> Owner:
    return us()._replace(process_started=1)


def claimed(
    journal: MaintenanceJournal, due: int | None = DUE, owner: Owner | None = None, repository: str = "app"
) -> int:
    number = journal.claim("sweep", repository, due, owner or us(), NOW)
    assert number is not None
    return number


def test_a_slot_is_claimed_once(journal: MaintenanceJournal, path: Path) -> None:
    assert journal.claim("sweep", "app", DUE, us(), NOW) is not None
    with MaintenanceJournal(path) as other:
        assert other.claim("sweep", "app", DUE, us(), NOW) is None
        assert other.claim("sweep", "lib", DUE, us(), NOW) is not None
        assert other.claim("sweep", "app", DUE + 60, us(), NOW) is not None


def test_runs_by_hand_have_no_slot(journal: MaintenanceJournal) -> None:
    assert claimed(journal, None) != claimed(journal, None)
    assert journal.last_slots([("sweep", "app")], NOW) == {}


def test_the_newest_slot_is_known_up_to_now(journal: MaintenanceJournal) -> None:
    for due in (DUE - 60, DUE, DUE + 60):
        claimed(journal, due)
    assert journal.last_slots([("sweep", "app"), ("sweep", "lib")], NOW) == {("sweep", "app"): DUE}


def test_a_run_is_counted_when_it_ends(journal: MaintenanceJournal) -> None:
    number = claimed(journal)
    assert journal.begin(number, NOW + 1)
    assert journal.reading().running == (("sweep", NOW + 1),)
    ending = Ending(Outcome.SUCCESS, "", 0, 500, "done")
    journal.finish(number, ending, NOW + 5)
    journal.finish(number, Ending(Outcome.CRASHED), NOW + 6)
    reading = journal.reading()
    assert reading.running == ()
    assert reading.totals == (TaskTotals("sweep", "success", 1, 500),)
    assert reading.latest == (LatestRun("sweep", "app", NOW + 1, NOW + 5, 4.0, 0),)
    (run,) = journal.history(5)
    assert (run.outcome, run.freed_bytes, run.output, run.owner) == ("success", 500, "done", us())


def test_a_failure_leaves_the_last_success(journal: MaintenanceJournal) -> None:
    for due, outcome, code in ((DUE, Outcome.SUCCESS, 0), (DUE + 60, Outcome.FAILED, 7)):
        number = claimed(journal, due)
        journal.begin(number, due)
        journal.finish(number, Ending(outcome, exit_code=code), due + 2)
    assert journal.reading().latest == (LatestRun("sweep", "app", DUE + 60, DUE + 2, 2.0, 7),)


def test_what_never_began_has_no_start(journal: MaintenanceJournal) -> None:
    journal.finish(claimed(journal), Ending(Outcome.POSTPONED, "a rebase"), NOW)
    assert journal.reading().latest == ()
    assert journal.reading().totals == (TaskTotals("sweep", "postponed", 1, 0),)


@pytest.mark.parametrize(
    ("note", "reason", "both"),
    [("", "", ""), ("note", "", "note"), ("", "why", "why"), ("note", "why", "why; note")],
)
def test_what_was_noted_at_the_claim_stays_with_the_reason(
    journal: MaintenanceJournal, note: str, reason: str, both: str
) -> None:
    number = journal.claim("sweep", "app", DUE, us(), NOW, note)
    assert number is not None
    journal.finish(number, Ending(Outcome.SKIPPED, reason), NOW)
    assert journal.history(1)[0].reason == both


def test_a_claim_of_the_dead_that_never_began_is_free_again(journal: MaintenanceJournal) -> None:
    number = claimed(journal, owner=dead())
    assert journal.sweep(lambda run: True, NOW) == ()
    assert not journal.begin(number, NOW)
    assert journal.history(5) == ()
    assert claimed(journal) != number


def test_a_run_of_the_dead_has_crashed_once_nothing_of_it_is_at_work(journal: MaintenanceJournal) -> None:
    number = claimed(journal, owner=dead())
    journal.begin(number, NOW)
    assert journal.sweep(lambda run: False, NOW + 1) == ()
    assert [run.number for run in journal.sweep(lambda run: True, NOW + 2)] == [number]
    assert journal.sweep(lambda run: True, NOW + 3) == ()
    (run,) = journal.history(5)
    assert (run.outcome, run.ended, run.exit_code) == ("crashed", NOW + 2, -9)
    assert journal.claim("sweep", "app", DUE, us(), NOW) is None


def test_the_living_are_left_alone(journal: MaintenanceJournal) -> None:
    began, waits = claimed(journal), claimed(journal, DUE + 60)
    journal.begin(began, NOW)
    assert journal.sweep(lambda run: True, NOW) == ()
    assert [run.number for run in journal.unfinished()] == [began, waits]


def test_a_task_is_registered_anew_when_its_schedule_changes(journal: MaintenanceJournal) -> None:
    one, two = ("one", "0 2 * * *", "UTC"), ("two", "0 3 * * *", "UTC")
    assert journal.register([one, two], NOW) == {"one": NOW, "two": NOW}
    assert journal.register([one, two], NOW + 5) == {"one": NOW, "two": NOW}
    changed = ("two", "0 3 * * *", "Europe/Berlin")
    assert journal.register([one, changed], NOW + 9) == {"one": NOW, "two": NOW + 9}
    assert journal.register([changed], NOW + 20) == {"two": NOW + 9}
    assert journal.register([one, changed], NOW + 30) == {"one": NOW + 30, "two": NOW + 9}


def test_a_schedule_given_at_run_time_can_be_taken_back(journal: MaintenanceJournal) -> None:
    journal.schedule("sweep", "0 2 * * *", "UTC")
    journal.schedule("sweep", "0 3 * * *", "UTC")
    assert journal.timings() == {"sweep": ("0 3 * * *", "UTC")}
    assert journal.unschedule("sweep")
    assert not journal.unschedule("sweep")


def test_pruning_keeps_totals_and_the_newest_slot(journal: MaintenanceJournal) -> None:
    for due in (DUE, DUE + 60, DUE + 120):
        journal.finish(claimed(journal, due), Ending(Outcome.SKIPPED), due)
    claimed(journal, None)
    assert journal.prune(NOW + 10_000) == 2
    assert journal.last_slots([("sweep", "app")], NOW + 500) == {("sweep", "app"): DUE + 120}
    assert journal.reading().totals == (TaskTotals("sweep", "skipped", 3, 0),)


def test_history_can_be_of_one_task_or_repository(journal: MaintenanceJournal) -> None:
    for repository in ("app", "lib"):
        claimed(journal, repository=repository)
    journal.claim("other", "", DUE, us(), NOW)
    assert [run.task for run in journal.history(2)] == ["other", "sweep"]
    assert [run.repository for run in journal.history(9, "sweep")] == ["lib", "app"]
    assert [run.task for run in journal.history(9, None, "app")] == ["sweep"]


def test_alignments_in_flight_are_those_whose_owners_live(journal: MaintenanceJournal, path: Path) -> None:
    with Journal(path) as operations:
        for name, repository, owner in (
            ("dead", "app", dead()),
            ("paused", "app", None),
            ("alive", "app", us()),
            ("elsewhere", "lib", us()),
        ):
            operations.begin(Running(name, repository, "rebase", "x", "main", NOW, "track", owner))
    assert {one.operation_id for one in journal.in_flight("app")} == {"paused", "alive"}


def test_output_that_is_no_text_is_kept_legibly(journal: MaintenanceJournal) -> None:
    journal.finish(claimed(journal), Ending(Outcome.FAILED, "\udcff", 1, None, "a\udce9"), NOW)
    assert (journal.history(1)[0].reason, journal.history(1)[0].output) == (r"\xff", r"a\xe9")


def test_the_whole_reading_of_the_journal_holds_it(journal: MaintenanceJournal, path: Path) -> None:
    journal.schedule("sweep", "0 2 * * *", "UTC")
    with Journal(path) as whole:
        assert whole.read(300, NOW).maintenance == journal.reading()


def test_a_process_that_has_ended_owns_nothing(journal: MaintenanceJournal) -> None:
    child = subprocess.Popen(["sleep", "60"])
    owner = process(child.pid)
    claimed(journal, owner=owner)
    assert journal.unfinished()[0].owner == owner
    child.kill()
    child.wait()
    journal.sweep(lambda run: True, NOW)
    assert journal.unfinished() == ()


def test_what_a_success_should_have_freed_stays_known_until_the_next(journal: MaintenanceJournal) -> None:
    def latest(ending: Ending, due: int) -> tuple[int | None, int | None]:
        number = claimed(journal, due)
        journal.begin(number, NOW)
        journal.finish(number, ending, NOW + 1)
        (one,) = journal.reading().latest
        return one.shortfall_bytes, one.last_exit_code

    assert latest(Ending(Outcome.SUCCESS, "", 0, 5, shortfall_bytes=70), DUE) == (70, 0)
    assert journal.history(1)[0].shortfall_bytes == 70
    assert latest(Ending(Outcome.FAILED, "no", 3), DUE + 60) == (70, 3)
    # Whether it works nobody knows.
    assert latest(Ending(Outcome.POSTPONED, "rebase in progress", 0), DUE + 120) == (70, 3)
    assert latest(Ending(Outcome.SUCCESS, "", 0, 5, shortfall_bytes=0), DUE + 180) == (0, 0)
