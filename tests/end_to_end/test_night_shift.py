"""One night at the pace of six minutes a second: faults in real repositories, and every message they make.

The servers, the exporter, what is rendered for them and the rules are real. Only the waits are shorter.
"""

import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from alignwatch.assets import asset
from alignwatch.rendering import render_prometheus
from alignwatch.settings_file import load_settings
from support.notifications import impatient_alertmanager_yml, noted, secret
from support.receivers import Mailbox, SlackChannel, mail_server, slack_webhook
from support.repositories import git, new_repository
from support.rule_tests import seconds
from support.servers import Server, alertmanager, free_port, get_json, prometheus, stop
from support.stack import ALIGNWATCH
from support.waiting import wait_until

FASTER = 360
"""An hour of the rules' waits is ten seconds: two hours until a lock is critical are twenty."""
SCRAPE_SECONDS = 1
LEAST_SECONDS = 3
"""No wait gets shorter: some outlast two scrapes."""
KEEP_SECONDS = 10
"""While which the probes of what came back look again: that is the exporter's pace, here a look a second."""
GROUP_WAIT = "3s"
"""Less than thirty seconds by a smaller factor: a look at all the repositories has to be over by then."""
MACHINE = (
    *("cpu_percent", "memory_percent", "memory_critical_percent", "disk_percent", "disk_critical_percent"),
    *("memory_pressure_percent", "io_pressure_percent"),
)
"""Thresholds."""
PEOPLE, MANAGER = "night@example.invalid", "manager@example.invalid"
LOCK = "An old lock"
MAY_COME = ("The repository app needs care", "comes and goes")
"""The first is held back by the lock's alert, but one that has just started may know of this a moment sooner.
For the second three scrapes have to come too late; at this pace half an hour has 1,800."""
UNREACHABLE = "The repository lib cannot be read"


class Night:
    """An exporter with three repositories, and the servers that watch it."""

    def __init__(self, folder: Path, mail: Mailbox, slack: SlackChannel) -> None:
        self.folder, self.mail = folder, mail
        self.address = f"127.0.0.1:{free_port()}"
        self.config = folder / "alignwatch.yaml"
        self.rules = faster_rules(folder / "rules")
        self.repositories = {name: new_repository(folder / name) for name in ("app", "lib", "web")}
        for path in self.repositories.values():
            git(path, "commit", "--quiet", "--allow-empty", "--message=begin")
        self.document: dict[str, Any] = {
            "state_dir": str(folder / "state"),
            "monitoring": {
                "health_check_interval_seconds": 1,
                "fsck": {"enabled": False},
                # What else the machine does is no part of the night.
                "alert_thresholds": dict.fromkeys(MACHINE, 100),
            },
            "repositories": [{"path": str(path), "name": name} for name, path in self.repositories.items()],
            "web": {"listen_addresses": [self.address]},
            "maintenance": {"automated_tasks": []},
            "alerts": {
                "channels": ["email", "slack"],
                "email": {"to": [PEOPLE], "smarthost": mail.address, "require_tls": False},
                "slack": {"api_url_file": secret(folder, "slack", slack.url)},
                "escalation": {"to": [MANAGER]},
            },
        }
        self.maintain(False)

    @contextmanager
    def exporting(self) -> Iterator[None]:
        command = [*ALIGNWATCH, "serve", f"--config={self.config}"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as self.exporter:
            try:
                yield
            finally:
                stop(self.exporter)

    @contextmanager
    def alerting(self) -> Iterator[Server]:
        """Prometheus and Alertmanager; a second time they go on with what they knew."""
        settings = load_settings(self.config, self.folder)
        rendered = impatient_alertmanager_yml(settings, GROUP_WAIT)
        with alertmanager(self.folder / "alertmanager", rendered) as told:
            config = render_prometheus(
                settings,
                exporter=self.address,
                alertmanager=told.url.removeprefix("http://"),
                prometheus=None,
                rules=self.rules,
                scrape_interval_seconds=SCRAPE_SECONDS,
            )
            # As with the waits: what was pending is taken up again unless it has almost fired.
            waits = ("--rules.alert.resend-delay=1s", "--rules.alert.for-grace-period=2s")
            with prometheus(self.folder / "prometheus", config, arguments=waits):
                self.document["report"] = {"alertmanager": {"url": told.url}}
                self.write()
                yield told
                # Before Prometheus: alerts that are not sent again would be taken for resolved.
                stop(told.process)

    def maintain(self, now: bool) -> None:
        """Opens the maintenance window, or closes it; the exporter has to read that."""
        hour = time.gmtime().tm_hour
        begin = hour if now else hour + 12
        window = {"start": f"{begin % 24:02}:00", "end": f"{(begin + 2) % 24:02}:00"}
        self.document["maintenance"]["windows"] = [window]
        self.write()

    def write(self) -> None:
        self.config.write_text(yaml.safe_dump(self.document))

    def subjects(self, to: str = PEOPLE) -> list[str]:
        return [str(one["Subject"]) for one in self.mail.messages if one["To"] == to]

    def run(self, *arguments: str) -> None:
        subprocess.run([*ALIGNWATCH, "alert", *arguments, f"--config={self.config}"], check=True)


def faster_rules(folder: Path) -> Path:
    """The shipped rules with shorter waits."""

    def shorter(match: re.Match[str]) -> str:
        return f"{match[1]} {max(seconds(match[2]) // FASTER, LEAST_SECONDS)}s"

    folder.mkdir()
    for shipped in asset("rules").glob("*.yml"):
        text = re.sub(r"^( +for:) (\w+)$", shorter, shipped.read_text(), flags=re.MULTILINE)
        text = re.sub(r"(?<= keep_firing_for: )\w+$", f"{KEEP_SECONDS}s", text, flags=re.MULTILINE)
        (folder / shipped.name).write_text(text)
    return folder


def held_back(told: Server, name: str, repository: str) -> bool:
    """Whether Alertmanager has an alert, and tells nobody of it."""
    found = [
        one["status"]["state"]
        for one in get_json(f"{told.url}/api/v2/alerts")
        if (one["labels"]["alertname"], one["labels"].get("repository", "")) == (name, repository)
    ]
    return bool(found) and set(found) == {"suppressed"}


@pytest.fixture
def slack() -> Iterator[SlackChannel]:
    with slack_webhook() as channel:
        yield channel


@pytest.fixture
def night(tmp_path: Path, slack: SlackChannel) -> Iterator[Night]:
    with mail_server() as mail:
        one = Night(tmp_path, mail, slack)
        with one.exporting():
            yield one


def test_a_night_and_each_of_its_messages(night: Night, slack: SlackChannel) -> None:
    lock = night.repositories["app"] / ".git" / "index.lock"
    told_first = f"{LOCK} (index) stands in the repository app"
    both = f"AlignmentRepositoryLockOld in app on {night.address}"
    # Warning and critical end as one, or, if a scrape comes between the two rules, one after the other.
    ends = (
        [f"[resolved] {both} (2)"],
        [f"[warning] {both} (1 firing, 1 resolved)", f"[resolved] {told_first}"],
    )

    def told_of(severity: str, alert: str, to: str = PEOPLE) -> None:
        subject = f"[{severity}] {alert}"
        wait_until(lambda: any(one.startswith(subject) for one in night.subjects(to)), subject)

    with night.alerting() as told:
        lock.touch()
        os.utime(lock, (time.time() - 3600,) * 2)
        told_of("warning", LOCK)
        wait_until(lambda: bool(slack.messages), "Slack")
        assert night.subjects(MANAGER) == []
        wait_until(lambda: noted(told.url)["email"] >= len(night.mail.messages), "the mail to be noted")
        wait_until(lambda: noted(told.url)["slack"] >= len(slack.messages), "Slack to be noted")

    # Both servers are started anew while the lock grows old.
    with night.alerting() as told:
        told_of("critical", LOCK)
        told_of("critical", LOCK, MANAGER)

        night.maintain(True)
        night.exporter.send_signal(signal.SIGHUP)
        wait_until(lambda: held_back(told, "AlignmentRepositoryLockOld", "app"), "maintenance")
        away = night.repositories["lib"].rename(night.folder / "away")
        wait_until(lambda: held_back(told, "AlignmentRepositoryUnreachable", "lib"), "what is held back")
        assert f"[critical] {UNREACHABLE}" not in night.subjects()

        night.run("silence", "AlignmentRepositoryUnreachable", "--repository=web", "--comment=seen", "--yes")
        night.repositories["web"].rename(night.folder / "gone")
        wait_until(lambda: held_back(told, "AlignmentRepositoryUnreachable", "web"), "what is silenced")
        night.maintain(False)
        night.exporter.send_signal(signal.SIGHUP)
        told_of("critical", UNREACHABLE)
        assert held_back(told, "AlignmentRepositoryUnreachable", "web")

        lock.unlink()
        wait_until(lambda: any(end[-1] in night.subjects() for end in ends), "the lock's end")
        told_of("resolved", LOCK, MANAGER)
        away.rename(night.repositories["lib"])
        told_of("resolved", UNREACHABLE)
        told_of("resolved", UNREACHABLE, MANAGER)
        wait_until(lambda: len(slack.messages) == len(night.subjects()), "Slack")

    heard = [one for one in night.subjects() if not one.endswith(MAY_COME)]
    (end,) = (end for end in ends if end[-1] in heard)
    assert Counter(heard) == {
        f"[warning] {told_first}": 1,
        f"[critical] {LOCK} (index) has stood in the repository app for hours": 1,
        f"[critical] {UNREACHABLE}": 1,
        **dict.fromkeys(end, 1),
        f"[resolved] {UNREACHABLE}": 1,
    }
    assert Counter(night.subjects(MANAGER)) == {
        f"[critical] {LOCK} (index) has stood in the repository app for hours": 1,
        f"[critical] {UNREACHABLE}": 1,
        f"[resolved] {LOCK} (index) has stood in the repository app for hours": 1,
        f"[resolved] {UNREACHABLE}": 1,
    }
