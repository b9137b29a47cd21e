import logging
import stat
import subprocess
from pathlib import Path

import pytest

from alignwatch.diagnostics import apart
from alignwatch.diagnostics.apart import Seen, examine_apart
from alignwatch.diagnostics.checks import IDS, load
from alignwatch.diagnostics.status import Status
from alignwatch.errors import AlignwatchError
from alignwatch.metrics.snapshot_families import snapshot_families
from alignwatch.probes import doctor, doctor_tasks
from alignwatch.probes.doctor import DoctorProbe
from alignwatch.settings import Diagnostics, Repository, Settings
from alignwatch.snapshot import DoctorReading
from support.readings import good, snapshot
from support.waiting import wait_until, wait_until_ended


@pytest.fixture
def settings(repository: Path, tmp_path: Path) -> Settings:
    return Settings(
        state_dir=str(tmp_path / "state"),
        repositories=(Repository(path=str(repository), name="app"),),
        diagnostics=Diagnostics(skip=("clock-synchronised",)),
    )


def test_another_process_makes_the_cheap_checks_and_no_others(settings: Settings, repository: Path) -> None:
    (repository / ".git" / "gc.log").write_text("fatal: full disk\n")
    seen = {one.id: one for one in examine_apart(settings, None, 60)}
    assert set(seen) == {one for one in IDS if load(one).cheap} - {"clock-synchronised"}
    assert seen["gc-log"].status is Status.WARNING
    assert "full disk" in seen["gc-log"].words
    assert Status.CRASHED not in {one.status for one in seen.values()}


def _python(tmp_path: Path, script: str) -> tuple[str, ...]:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return (str(program),)


def test_a_process_that_fails_or_hangs_is_one_line_and_leaves_nothing_behind(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_COMMAND", _python(tmp_path, "echo 'odd: x' >&2; exit 7"))
    with pytest.raises(AlignwatchError, match="the doctor ended with 7: odd: x"):
        examine_apart(settings, None, 60)
    child, started = tmp_path / "child", apart._started
    monkeypatch.setattr(apart, "_COMMAND", _python(tmp_path, f"sleep 60 & echo $! > {child}; wait"))
    monkeypatch.setattr(apart, "_started", lambda: _at_work(started(), child))
    with pytest.raises(AlignwatchError, match=r"did not end within 0\.5 s"):
        examine_apart(settings, None, 0.5)
    wait_until_ended(int(child.read_text()))


def _at_work(process: subprocess.Popen[bytes], note: Path) -> subprocess.Popen[bytes]:
    wait_until(lambda: note.exists() and note.read_text(), "the process to be at work")
    return process


def test_what_is_new_and_what_is_over_is_logged_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    said = [Status.OK, Status.WARNING, Status.WARNING, Status.CRITICAL, Status.OK, Status.SKIPPED]
    rounds = iter(said)
    monkeypatch.setattr(doctor, "examine_apart", lambda *_: [Seen("gc-log", next(rounds), "seen")])
    probe = DoctorProbe(settings, None)
    assert [probe.read().statuses["gc-log"] for _ in said] == [str(one) for one in said]
    assert [record.getMessage() for record in caplog.records] == [
        "doctor: gc-log is warning: seen",
        "doctor: gc-log is critical: seen",
        "doctor: gc-log is well again",
    ]


def test_nothing_is_logged_where_nobody_wants_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(doctor, "examine_apart", lambda *_: [Seen("gc-log", Status.WARNING, "seen")])
    DoctorProbe(Settings(diagnostics=Diagnostics(log_diagnostics=False)), None).read()
    assert caplog.records == []


def test_it_has_a_clock_of_its_own_that_can_be_stopped(settings: Settings) -> None:
    (task,) = doctor_tasks(settings, None)
    assert (task.interval, task.wait) == (1800, 60)
    assert not list(doctor_tasks(Settings(diagnostics=Diagnostics(enabled=False)), None))


def test_one_series_for_each_status_and_one_is_1(settings: Settings) -> None:
    seen = snapshot(good(DoctorReading({"gc-log": "critical", "clock": "ok"})))
    samples = [
        (sample.labels["id"], sample.labels["status"], sample.value)
        for family in snapshot_families(seen, settings)
        for sample in family.samples
        if sample.name == "alignment_doctor_check"
    ]
    assert [one for one in samples if one[2]] == [("clock", "ok", 1), ("gc-log", "critical", 1)]
    assert len(samples) == 2 * len(Status)
