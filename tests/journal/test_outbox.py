import subprocess
import sys
from pathlib import Path

import pytest

from alignwatch.alert import Alert
from alignwatch.errors import AlignwatchError
from alignwatch.journal import outbox
from alignwatch.journal.outbox import DROPPED, REFUSED, SENT, Outbox
from alignwatch.journal.store import Journal
from alignwatch.state_dir import journal_path

NOW = 1_700_000_000.0


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(journal_path(tmp_path / "state"))


def alert(name: str, starts: float | None = NOW, ends: float = NOW + 3600) -> Alert:
    return Alert({"alertname": name}, {"summary": f"{name} <é>\x00"}, starts, ends)


def names(journal: Journal) -> list[str]:
    return [one.alert.labels["alertname"] for one in journal.waiting_alerts(100)]


def numbers(journal: Journal) -> Outbox:
    return journal.read(300, NOW).outbox


def test_alerts_wait_in_the_order_in_which_they_were_first_raised(journal: Journal) -> None:
    assert numbers(journal) == Outbox()
    for number, name in enumerate("cabca"):
        assert journal.queue_alert(alert(name, NOW + number), NOW + number)
    assert names(journal) == ["c", "a", "b"]
    assert [one.alert.starts for one in journal.waiting_alerts(2)] == [NOW, NOW + 1]
    assert numbers(journal) == Outbox(3, NOW, {})


def test_the_news_of_an_end_is_put_together_with_what_waits(journal: Journal) -> None:
    journal.queue_alert(alert("a"), NOW)
    journal.queue_alert(Alert({"alertname": "a"}, {}, None, NOW + 9), NOW + 9)
    (waiting,) = journal.waiting_alerts(10)
    assert waiting.alert == alert("a", NOW, NOW + 9)
    assert journal.waiting_alert(waiting.alert.identity) == waiting
    assert journal.waiting_alert("unheard of") is None


def test_what_was_taken_is_gone_and_counted_once(journal: Journal) -> None:
    for name in "abc":
        journal.queue_alert(alert(name), NOW)
    first, second, third = journal.waiting_alerts(10)
    journal.settle_alerts([first, second], SENT)
    journal.settle_alerts([first], SENT)
    journal.settle_alerts([third], REFUSED)
    assert numbers(journal) == Outbox(0, None, {SENT: 2, REFUSED: 1})


def test_what_was_renewed_since_it_was_read_goes_on_waiting(journal: Journal) -> None:
    journal.queue_alert(alert("a"), NOW)
    read = journal.waiting_alerts(10)
    journal.queue_alert(alert("a", None, NOW + 5), NOW)
    journal.settle_alerts(read, SENT)
    assert numbers(journal) == Outbox(1, NOW, {SENT: 0})


def test_an_attempt_in_vain_is_noted(journal: Journal) -> None:
    journal.queue_alert(alert("a"), NOW)
    for _ in range(2):
        journal.note_attempt(journal.waiting_alerts(1)[0], "no way", NOW)
    (waiting,) = journal.waiting_alerts(1)
    assert (waiting.attempts, waiting.last_error, waiting.queued) == (2, "no way", NOW)


def test_when_too_many_wait_a_new_one_is_told_so_and_counted(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LIMIT", 2)
    assert [journal.queue_alert(alert(name), NOW) for name in "abcd"] == [True, True, False, False]
    assert journal.queue_alert(alert("a", NOW, NOW + 99), NOW)
    assert names(journal) == ["a", "b"]
    assert numbers(journal).totals == {DROPPED: 2}


WORKER = """
import sys
from pathlib import Path
from alignwatch.alert import Alert
from alignwatch.journal import database
from alignwatch.journal.store import Journal

database.PATIENCE_SECONDS = 120  # On a slow disk so many writers keep each other waiting.
path, writer, now = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
with Journal(path) as journal:
    for number in range(50):
        journal.queue_alert(Alert({"alertname": f"{writer}-{number}"}, {}, now, now), now)
        journal.queue_alert(Alert({"alertname": "shared"}, {}, now - int(writer), now), now)
"""


def test_several_processes_queue_at_once(tmp_path: Path, journal: Journal) -> None:
    command = [sys.executable, "-c", WORKER, str(journal_path(tmp_path / "state"))]
    writers = [subprocess.Popen([*command, str(number), str(NOW)]) for number in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    found = journal.waiting_alerts(1000)
    assert len(found) == numbers(journal).waiting == 4 * 50 + 1
    assert [one.alert.starts for one in found if one.alert.labels["alertname"] == "shared"] == [NOW - 3]


def test_a_journal_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    with Journal(journal_path(tmp_path / "state")) as journal, pytest.raises(AlignwatchError):
        journal.queue_alert(alert("a"), NOW)
