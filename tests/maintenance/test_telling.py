"""A failed run that no exporter shows: told once, by a real Alertmanager, at once or later."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from alignwatch.alerting.sender import Sender
from alignwatch.journal.maintenance import DIED, Ending, Outcome
from alignwatch.journal.store import Journal
from alignwatch.maintenance.driver import Driver
from alignwatch.maintenance.presence import exporter_lives
from alignwatch.maintenance.runner import Runner
from alignwatch.maintenance.telling import tell_of_failure
from alignwatch.servers.alertmanager import HeldAlert
from alignwatch.settings import Maintenance, Report, Server, Settings
from alignwatch.state_dir import journal_path
from support.alerting import held
from support.notifications import impatient_alertmanager_yml, reachable_settings
from support.receivers import Mailbox, mail_server
from support.servers import alertmanager, post_json
from support.upkeep import command, registered_long_ago
from support.waiting import wait_until

NAME = "AlignmentMaintenanceTaskFailed"
FAILED = Ending(
    Outcome.FAILED, "ls ended with exit code 2", 2, output="ls: no such file\nls ended with exit code 2"
)


def failing(state: Path, smarthost: str, alertmanager_url: str) -> Settings:
    """A task that fails, due each minute; whoever is told gets mail."""
    settings = reachable_settings(state.parent, smarthost=smarthost)
    return structs.replace(
        settings,
        state_dir=str(state),
        alerts=structs.replace(settings.alerts, channels=("email",), notification_timeout_seconds=60),
        report=Report(alertmanager=Server(url=alertmanager_url)),
        maintenance=Maintenance(automated_tasks=(), tasks=(command("fail", ["ls", "/nonexistent"]),)),
    )


@contextmanager
def told(folder: Path) -> Iterator[tuple[Settings, Mailbox, str]]:
    """Settings that lead to an Alertmanager, whom it tells, and where it is."""
    with mail_server() as mail:
        config = impatient_alertmanager_yml(failing(folder / "state", mail.address, "http://127.0.0.1:9"))
        with alertmanager(folder / "alertmanager", config) as server:
            yield failing(folder / "state", mail.address, server.url), mail, server.url


def run_due(settings: Settings) -> None:
    """As ``alignwatch maintenance run-due`` does."""
    runner = Runner(settings, lambda *run: tell_of_failure(settings, *run))
    try:
        runner.run_due()
    finally:
        runner.close()


def alert_of(settings: Settings) -> HeldAlert | None:
    """The one that Alertmanager holds of our own."""
    assert settings.report.alertmanager.url is not None
    return held(settings.report.alertmanager.url, NAME)


def test_one_failure_is_one_message_though_the_exporter_comes_back_and_shows_it(tmp_path: Path) -> None:
    with told(tmp_path) as (settings, mail, url):
        registered_long_ago(settings).close()
        run_due(settings)
        wait_until(lambda: bool(mail.messages), "mail")
        (message,) = mail.messages
        assert "The maintenance task fail on " in message["Subject"]
        (plain, _) = (part.get_content() for part in message.iter_parts())
        assert "Ls ended with exit code 2. No exporter is there to show it" in plain
        assert "ls: cannot access '/nonexistent'" in plain

        shown = {"alertname": NAME, "severity": "warning", "task": "fail", "instance": "a:9847", "job": "x"}
        another = {**shown, "task": "sync"}
        post_json(f"{url}/api/v2/alerts", [{"labels": shown}, {"labels": another}])
        wait_until(lambda: len(mail.messages) > 1, "mail of the other task")
        (plain, _) = (part.get_content() for part in mail.messages[1].iter_parts())
        assert "task sync" in plain
        assert "task fail" not in plain


def test_where_an_exporter_lives_the_rules_tell_of_it(tmp_path: Path) -> None:
    with told(tmp_path) as (settings, _, _):
        registered_long_ago(settings).close()
        driver = Driver(settings)
        driver.look()
        assert exporter_lives(settings.state_folder)
        run_due(settings)
        assert alert_of(settings) is None
        driver.close()
        assert not exporter_lives(settings.state_folder)
        tell_of_failure(settings, "fail", "", FAILED)
        assert alert_of(settings) is not None


def test_while_alertmanager_is_away_it_waits_and_is_told_once(tmp_path: Path, nowhere: str) -> None:
    with told(tmp_path) as (settings, mail, _):
        away = structs.replace(settings, report=Report(alertmanager=Server(url=nowhere)))
        registered_long_ago(settings).close()
        run_due(away)
        tell_of_failure(away, "fail", "", FAILED)  # another failure of the same task
        with Journal(journal_path(settings.state_folder)) as journal:
            assert len(journal.waiting_alerts(10)) == 1
            Sender(journal, settings).look()
            assert journal.waiting_alerts(10) == ()
        wait_until(lambda: bool(mail.messages), "mail")
        assert len(mail.messages) == 1


@pytest.mark.parametrize("outcome", [Outcome.SUCCESS, Outcome.POSTPONED, Outcome.SKIPPED])
def test_what_is_no_failure_is_not_told(outcome: Outcome, tmp_path: Path, nowhere: str) -> None:
    settings = failing(tmp_path / "state", "127.0.0.1:9", nowhere)
    tell_of_failure(settings, "fail", "", Ending(outcome))
    assert not journal_path(settings.state_folder).exists()


def test_it_lasts_until_the_task_has_had_its_next_chance(tmp_path: Path, nowhere: str) -> None:
    settings = failing(tmp_path / "state", "127.0.0.1:9", nowhere)
    tell_of_failure(settings, "fail", "app", Ending(Outcome.CRASHED, DIED))
    with Journal(journal_path(settings.state_folder)) as journal:
        (waiting,) = journal.waiting_alerts(10)
    assert waiting.alert.labels["repository"] == "app"
    assert waiting.alert.annotations["description"].startswith("Whoever ran it died in the middle. ")
    now = datetime.now(UTC).timestamp()
    chance = timedelta(minutes=1, hours=2, seconds=900 + 3600).total_seconds()
    assert waiting.alert.ends == pytest.approx(now + chance, abs=90)


def test_a_journal_that_cannot_be_read_keeps_nothing_from_being_told(tmp_path: Path) -> None:
    with told(tmp_path) as (settings, _, _):
        (tmp_path / "state").write_text("no folder")
        tell_of_failure(settings, "fail", "", FAILED)
        assert alert_of(settings) is not None


def test_two_who_look_at_once_take_no_other_for_an_exporter(tmp_path: Path) -> None:
    driver = Driver(Settings(state_dir=str(tmp_path)))
    other = Driver(Settings(state_dir=str(tmp_path)))
    driver.look()
    other.look()
    driver.close()
    assert not exporter_lives(tmp_path)
    other.look()
    assert exporter_lives(tmp_path)
    other.close()
