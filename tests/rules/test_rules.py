"""The rule pack as a whole; each rule's behaviour is in the ``*_test.yml`` beside this file."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from alignwatch.assets import asset
from alignwatch.metrics.catalogue import CATALOGUE
from alignwatch.metrics.settings_families import settings_families
from alignwatch.operation import Outcome
from alignwatch.settings import Repository, Settings
from support.servers import program

RULES = asset("rules")
FILES = sorted(RULES.glob("*.yml"))
TESTS = sorted(Path(__file__).parent.glob("*_test.yml"))
RUNBOOK = "https://github.com/alignwatch/alignwatch/blob/main/rules/RUNBOOK.md"
NOT_SENT = {"AlignmentWatchdog", "AlignmentMaintenanceActive"}
"""Alerts of severity ``none``: they steer Alertmanager and tell nobody anything."""

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_METRIC = re.compile(r"\b(?:[a-z_]+:)?alignment_[a-z0-9_]+(?::[a-z0-9_]+)?")
_THRESHOLD = re.compile(r'alignment_threshold\{threshold(=~?)"([^"]+)"')


def rules() -> list[dict[str, Any]]:
    return [
        rule
        for file in FILES
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]


ALERTS = [rule for rule in rules() if "alert" in rule]
RECORDED = [rule for rule in rules() if "record" in rule]


def identity(rule: dict[str, Any]) -> str:
    return f"{rule['alert']}-{rule['labels']['severity']}"


@pytest.fixture(params=ALERTS, ids=identity)
def alert(request: pytest.FixtureRequest) -> dict[str, Any]:
    rule: dict[str, Any] = request.param
    return rule


def promtool(*arguments: str) -> str:
    done = subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sections() -> dict[str, str]:
    """The runbook's sections by their headings."""
    _, *parts = re.split(r"^## ", (RULES / "RUNBOOK.md").read_text(), flags=re.MULTILINE)
    return {heading: text for heading, _, text in (part.partition("\n") for part in parts)}


def expectations(rule_test: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Alert and severity of each expectation of a promtool test; no severity where silence is expected."""
    for expectation in rule_test.get("alert_rule_test", ()):
        found = [one["exp_labels"]["severity"] for one in expectation["exp_alerts"]]
        yield from ((expectation["alertname"], severity) for severity in found or [None])


def test_promtool_finds_nothing_to_say() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", *map(str, FILES))


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_alerts_fire_stay_silent_and_resolve(file: Path) -> None:
    promtool("test", "rules", str(file))


def test_each_file_has_its_test_and_each_test_its_file() -> None:
    assert {file.stem for file in FILES} == {file.stem.removesuffix("_test") for file in TESTS}


def test_version_is_published_as_it_stands() -> None:
    (info,) = (rule for rule in RECORDED if rule["record"] == "alignment_rule_pack_info")
    assert info["labels"]["version"] == (RULES / "VERSION").read_text().strip()


def test_alert_is_tested_to_fire_and_to_stay_silent(alert: dict[str, Any]) -> None:
    name, severity = alert["alert"], alert["labels"]["severity"]
    seen = {
        expectation
        for file in TESTS
        for test in yaml.safe_load(file.read_text())["tests"]
        for expectation in expectations(test)
    }
    assert (name, severity) in seen
    assert (name, None) in seen or name == "AlignmentWatchdog"


def test_alert_says_all_that_a_person_needs(alert: dict[str, Any]) -> None:
    annotations = alert["annotations"]
    assert set(annotations) == {"summary", "description", "runbook_url", "dashboard_url"}
    assert annotations["runbook_url"] == f"{RUNBOOK}#{alert['alert'].lower()}"
    assert annotations["dashboard_url"].startswith("{{ $externalURL }}{{ ")


def test_alert_has_our_prefix_and_one_unchanging_severity(alert: dict[str, Any]) -> None:
    assert re.fullmatch(r"Alignment([A-Z][a-z]+)+", alert["alert"])
    assert set(alert["labels"]) == {"severity"}
    allowed = {"none"} if alert["alert"] in NOT_SENT else {"info", "warning", "critical"}
    assert alert["labels"]["severity"] in allowed


def test_runbook_has_a_section_for_each_alert_and_no_other() -> None:
    assert set(sections()) == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("heading", sorted(sections()))
def test_runbook_section_answers_every_question(heading: str) -> None:
    asked = re.findall(r"^\*\*(.+?)\*\*", sections()[heading], flags=re.MULTILINE)
    assert asked == ["Meaning.", "Confirm.", "Do.", "Do not.", "Noise."]


def test_recording_rules_are_named_by_level_metric_and_operations() -> None:
    names = {rule["record"] for rule in RECORDED} - {"alignment_rule_pack_info"}
    for name in names:
        assert re.fullmatch(r"[a-z_]+:alignment_[a-z_]+:[a-z0-9_]+", name), name


def test_only_known_metrics_are_named() -> None:
    known = {rule["record"] for rule in RECORDED}
    for metric in CATALOGUE:
        suffixes = ("_bucket", "_count", "_sum") if metric.type == "histogram" else ("",)
        known |= {metric.name + suffix for suffix in suffixes}
    for rule in rules():
        annotations = " ".join(rule.get("annotations", {}).values())
        queries = [rule["expr"], *re.findall(r"\{\{.*?\}\}", annotations)]
        used = {name for query in queries for name in _METRIC.findall(_TEXT.sub("", query))}
        assert used <= known, rule.get("alert", rule.get("record"))


def test_only_known_thresholds_are_named() -> None:
    settings = Settings(repositories=(Repository(path="/srv/app"),))
    published = {
        sample.labels["threshold"]
        for family in settings_families(settings, 0)
        for sample in family.samples
        if sample.name == "alignment_threshold"
    }
    matches = [match for file in FILES for match in _THRESHOLD.findall(file.read_text())]
    for operator, value in matches:
        found = {name for name in published if re.fullmatch(value, name)}
        assert found, value
        assert operator == "=~" or found == {value}


def test_only_known_outcomes_are_named() -> None:
    text = (RULES / "operations.yml").read_text()
    named = {one for match in re.findall(r'outcome[!=]~"([^"]+)"', text) for one in match.split("|")}
    assert named < set(Outcome)


def test_alertmanager_routes_and_inhibits_only_alerts_that_exist() -> None:
    named = set(re.findall(r"Alignment[A-Z]\w+", asset("alertmanager", "alertmanager.yml.j2").read_text()))
    assert named <= {rule["alert"] for rule in ALERTS}


def test_example_for_a_prometheus_that_is_already_there(tmp_path: Path) -> None:
    shutil.copy(asset("deploy", "prometheus", "scrape.yml"), tmp_path / "prometheus.yml")
    shutil.copytree(RULES, tmp_path / "alignwatch")
    said = promtool("check", "config", str(tmp_path / "prometheus.yml"))
    assert f"{len(FILES)} rule files found" in said
