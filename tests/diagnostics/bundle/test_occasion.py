"""When a critical alert is sent, a bundle of that moment is kept: one at a time, few, and not too often."""

import os
import stat
import tarfile
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from alignwatch.diagnostics.bundle import occasion
from alignwatch.diagnostics.bundle.occasion import KEPT, PAUSE_SECONDS, Occasions, folder_of, kept, prune
from alignwatch.errand import Errand
from alignwatch.journal.deliveries import SentAlert
from alignwatch.settings import Repository, Settings
from support.notifications import TOKEN, audited
from support.waiting import wait_until


def alert(severity: str = "critical", status: str = "firing") -> SentAlert:
    return SentAlert(status, {"alertname": "AlignmentX", "severity": severity}, 1.0, None)


@pytest.fixture
def settings(repository: Path, tmp_path: Path) -> Settings:
    return Settings(
        state_dir=str(tmp_path / "state"), repositories=(Repository(path=str(repository), name="app"),)
    )


def test_another_process_makes_it_for_its_owner_alone(settings: Settings) -> None:
    with closing(Occasions(settings)) as occasions:
        occasions.hear([alert("warning"), alert(status="resolved")])
        assert not folder_of(settings).exists()
        occasions.hear([alert("warning"), alert()])
        wait_until(lambda: bool(kept(settings)), "the bundle", 300)
        (file,) = kept(settings)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    with tarfile.open(file) as tar:
        assert "alignwatch-bundle/doctor.json" in tar.getnames()


def test_not_two_within_some_minutes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Settings] = []
    monkeypatch.setattr(Errand, "start", lambda self, settings: started.append(settings))
    occasions = Occasions(settings)
    for _ in range(3):
        occasions.hear([alert()])
    assert len(started) == 1
    # After a restart the last one counts.
    folder_of(settings).mkdir(parents=True)
    file = folder_of(settings) / "critical-20260112T120000Z.tar.gz"
    file.write_bytes(b"x")
    Occasions(settings).hear([alert()])
    assert len(started) == 1
    long_ago = time.time() - PAUSE_SECONDS - 1
    os.utime(file, (long_ago, long_ago))
    Occasions(settings).hear([alert()])
    assert len(started) == 2


def test_one_that_cannot_be_started_is_only_logged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: Errand, settings: Settings) -> None:
        raise OSError("no process")

    monkeypatch.setattr(Errand, "start", refuse)
    Occasions(settings).hear([alert()])
    assert "no bundle of a critical alert: no process" in caplog.text


def test_the_audit_tells_of_what_was_sent_and_goes_on(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Settings] = []
    monkeypatch.setattr(Errand, "start", lambda self, settings: started.append(settings))
    sent = {
        "status": "firing",
        "labels": {"alertname": "AlignmentX", "severity": "critical"},
        "startsAt": "2026-01-12T12:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
    }
    body = msgspec.json.encode({"receiver": "people", "status": "firing", "alerts": [sent]})
    with audited(tmp_path, occasions=Occasions(settings)) as site:
        for _ in range(2):
            reply = site.ask("/api/v1/audit", "POST", body=body, authorization=f"Bearer {TOKEN}")
            assert reply.status == 200
    assert started == [settings]


def test_the_oldest_go(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(settings).mkdir(parents=True)
    for number in range(KEPT + 3):
        (folder_of(settings) / f"critical-2026011{number}T120000Z.tar.gz").write_bytes(b"x" * 10)
    other = folder_of(settings) / "mine.tar.gz"
    other.write_bytes(b"x")
    prune(settings)
    assert [one.name[9:17] for one in kept(settings)] == [f"2026011{n}" for n in range(3, KEPT + 3)]
    monkeypatch.setattr(occasion, "MOST_BYTES", 25)
    prune(settings)
    assert len(kept(settings)) == 2
    monkeypatch.setattr(occasion, "MOST_BYTES", 1)
    prune(settings)
    assert (len(kept(settings)), other.exists()) == (1, True)
