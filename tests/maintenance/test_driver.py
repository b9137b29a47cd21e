import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alignwatch.journal.running import process
from alignwatch.maintenance.driver import Driver
from alignwatch.settings import Settings
from support.upkeep import command, registered_long_ago, settings_with
from support.waiting import wait_until


@contextmanager
def driving(settings: Settings) -> Iterator[Driver]:
    driver = Driver(settings)
    try:
        yield driver
    finally:
        driver.close()


def test_the_exporter_starts_what_is_due_in_another_process(tmp_path: Path) -> None:
    task = command("mark", ["sh", "-c", f"echo $PPID >> {tmp_path}/log"])
    settings = settings_with(tmp_path / "state", task, driver="exporter")
    with registered_long_ago(settings) as journal, driving(settings) as driver:
        driver.look()
        wait_until(
            lambda: any(run.outcome == "success" for run in journal.history(5)), "a run that went well"
        )
        driver.look()
    assert str(os.getpid()) not in (tmp_path / "log").read_text().split()


def test_by_default_it_starts_nothing(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, command("mark", ["true"]))
    with registered_long_ago(settings) as journal, driving(settings) as driver:
        driver.look()
        assert journal.history(5) == ()


def test_at_the_exporters_end_the_run_ends_in_order(tmp_path: Path) -> None:
    task = command("slow", ["sh", "-c", f"echo $$ > {tmp_path}/pid; sleep 1000"])
    settings = settings_with(tmp_path / "state", task, driver="exporter")
    pid = tmp_path / "pid"
    with registered_long_ago(settings) as journal:
        with driving(settings) as driver:
            driver.look()
            wait_until(lambda: pid.exists() and pid.read_text(), "the command")
            driver.reload(settings)
            driver.look()
            assert process(int(pid.read_text())) is not None
        assert process(int(pid.read_text())) is None
        assert journal.history(1)[0].outcome == "failed"


def test_what_has_crashed_is_seen_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_with(tmp_path)
    owner = process(os.getpid())
    assert owner is not None
    with registered_long_ago(settings) as journal, driving(settings) as driver:
        number = journal.claim("pack", "app", 60, owner._replace(process_started=1), 60)
        assert number is not None
        journal.begin(number, 60)
        driver.look()
        assert journal.history(1)[0].outcome == "crashed"
    assert "maintenance: pack of app has crashed" in caplog.text


def test_a_journal_that_cannot_be_used_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("")
    with driving(settings_with(tmp_path / "state")) as driver, caplog.at_level(logging.ERROR):
        driver.look()
        driver.look()
    assert len(caplog.records) == 1
