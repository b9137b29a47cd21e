"""An alert's rule, what Prometheus sees of it, its section of the runbook, and what to type."""

import subprocess
import time
from pathlib import Path

import pytest
from msgspec import structs

from alignwatch.assets import asset
from alignwatch.explain.alert import AlertExplanation, SeriesValue, Values, explain_alert
from alignwatch.explain.rules import alert_rules, runbook_parts
from alignwatch.explain.terminal import alert_text
from alignwatch.settings import Report, Repository, Server, Settings
from support.servers import get_json, prometheus
from support.waiting import wait_until

RULES = alert_rules()
LOCK = "AlignmentRepositoryLockOld"


def settings(nowhere: str, *repositories: Repository) -> Settings:
    report = Report(prometheus=Server(url=nowhere), exporter=Server(url="http://exporter.example.invalid"))
    return Settings(state_dir="/nonexistent", report=report, repositories=repositories)


def explained(name: str, about: Settings, only: tuple[str, ...] = ()) -> AlertExplanation:
    return explain_alert(name, RULES[name], about, time.time(), only)


@pytest.mark.parametrize("name", RULES)
def test_every_alert_has_its_runbook_and_something_to_type(name: str, nowhere: str) -> None:
    parts = runbook_parts(name)
    assert [part.title for part in parts] == ["Meaning", "Confirm", "Do", "Do not", "Noise"]
    assert all(part.text for part in parts)
    assert all(rule.expression and rule.severity and rule.waits for rule in RULES[name])


def test_without_prometheus_the_rest_is_told(nowhere: str) -> None:
    one = explained(LOCK, settings(nowhere))
    assert [(rule.severity, rule.waits) for rule in one.rules] == [("warning", "5m"), ("critical", "2h")]
    assert one.rules[0].selectors == (
        "alignment_repository_oldest_lock_timestamp_seconds",
        'alignment_threshold{threshold="lock_age_seconds"}',
        "alignment_repository_locks",
    )
    assert (one.firing, one.values) == (None, ())
    assert "cannot be reached" in one.unknown[0]
    text = alert_text(one)
    assert "warning: for 5m (repository.yml)" in text
    assert "Meaning. A lock file is older than the threshold" in text
    assert "it does not fire now" not in text


def test_what_is_open_in_commands_is_filled_in_where_there_is_one_answer(nowhere: str) -> None:
    first, second = Repository(path="/srv/a b", name="a"), Repository(path="/srv/b", name="b")
    for about, only, path in (
        (settings(nowhere, first), (), "'/srv/a b'"),
        (settings(nowhere, first, second), ("b",), "/srv/b"),
        (settings(nowhere, first, second), (), "REPOSITORY"),
        (settings(nowhere), (), "REPOSITORY"),
    ):
        assert explained(LOCK, about, only).next[0].startswith(f"find {path}/.git ")
    down = explained("AlignmentExporterDown", settings(nowhere))
    assert down.next[0].endswith("http://exporter.example.invalid/-/healthy")
    # What a command has said is none.
    assert not any("curl: (7)" in command for command in down.next)


def test_what_is_filled_in_stays_one_word_and_is_filled_in_once(tmp_path: Path, nowhere: str) -> None:
    path = "/srv/$(touch BRANCH) \u202e's"
    command = explained(LOCK, settings(nowhere, Repository(path=path))).next[0].partition("/.git ")[0]
    assert command.isprintable()
    typed = f"printf %s {command.removeprefix('find ')}"
    said = subprocess.run(["bash", "-c", typed], cwd=tmp_path, capture_output=True, check=True)
    assert (said.stdout.decode(), list(tmp_path.iterdir())) == (path, [])


def test_what_fires_and_what_the_series_are_at(tmp_path: Path) -> None:
    rules = asset("rules", "meta.yml")
    config = (
        f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{rules}]\n"
        "scrape_configs: [{job_name: self, static_configs: [{targets: ['127.0.0.1:1']}]}]\n"
    )
    with prometheus(tmp_path, config) as server:
        wait_until(lambda: bool(get_json(f"{server.url}/api/v1/alerts")["data"]["alerts"]), "the watchdog")
        wait_until(
            lambda: bool(get_json(f"{server.url}/api/v1/query?query=up")["data"]["result"]), "a scrape"
        )
        watchdog = explained("AlignmentWatchdog", settings(server.url))
        (firing,) = watchdog.firing or ()
        assert (firing.state, firing.labels["severity"]) == ("firing", "none")
        assert explained("AlignmentWatchdog", settings(server.url), ("other",)).firing == ()
        assert f"firing since {firing.since}" in alert_text(watchdog)
        rule = structs.replace(
            RULES["AlignmentWatchdog"][0], expression='up{job="self"} == 0 or alignment_x > 1'
        )
        values = explain_alert("AlignmentWatchdog", (rule,), settings(server.url), time.time()).values
    assert [(one.selector, [value.value for value in one.values]) for one in values] == [
        ('up{job="self"}', [0.0]),
        ("alignment_x", []),
    ]


def test_how_values_look(nowhere: str) -> None:
    values = (
        Values(selector="x", values=(SeriesValue(labels={"a": "\x1b", "b": "c"}, value=0.5),), left_out=3),
        Values(selector="y", values=(), left_out=0),
    )
    one = structs.replace(explained(LOCK, settings(nowhere)), values=values, firing=())
    text = alert_text(one)
    assert "it does not fire now\n  x\n    0.5  a=\\x1b, b=c\n    and 3 more\n  y\n    no such series" in text
