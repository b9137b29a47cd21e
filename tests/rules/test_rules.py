"""The rule pack as a whole; each rule's behaviour is in the ``*_test.yml`` beside this file."""

import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from alignwatch import snapshot
from alignwatch.assets import asset
from alignwatch.metrics.catalogue import CATALOGUE
from alignwatch.metrics.settings_families import settings_families
from alignwatch.operation import Outcome
from alignwatch.settings import Repository, Settings
from support.rule_tests import Expectation, RuleTest, expectations, samples, seconds, with_gaps
from support.servers import program

RULES = asset("rules")
FILES = sorted(RULES.glob("*.yml"))
TESTS = sorted(Path(__file__).parent.glob("*_test.yml"))
RUNBOOK = "https://github.com/alignwatch/alignwatch/blob/main/rules/RUNBOOK.md"
NOT_SENT = {"AlignmentWatchdog", "AlignmentMaintenanceActive", "AlignmentRepositoryMaintenanceActive"}
"""Alerts of severity ``none``: they steer Alertmanager and tell nobody anything."""
ABOUT_THE_SCRAPES = {"AlignmentExporterDown", "AlignmentExporterAbsent", "AlignmentExporterFlapping"}
"""What they watch is whether there is a gap."""
GRAVER_BY_ANOTHER_MEASURE = {
    "AlignmentHostMemoryHigh",
    "AlignmentHostDiskSpaceLow",
    "AlignmentHostInodesLow",
    "AlignmentOperationSlow",
    "AlignmentOutcomeUnverified",
    "AlignmentPrimaryDamaged",
    "AlignmentProbeFailing",
    "AlignmentSuccessObjectiveBurn",
}
"""Alerts whose higher severity is a matter of how much; that of all others is one of how long."""
GRACE_SECONDS = 600
"""A Prometheus that was restarted takes up the wait of an alert only if it is longer."""

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


class AsWritten(yaml.SafeLoader):
    """Leaves scalars alone: to Prometheus ``0x9`` is ten times nothing, to YAML it is nine."""


AsWritten.yaml_implicit_resolvers = {"<": yaml.SafeLoader.yaml_implicit_resolvers["<"]}


def read_tests(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(file.read_text(), Loader=AsWritten)
    return read


TESTED = {file: read_tests(file) for file in TESTS}


def first_fired(rule_test: RuleTest, alert: str, severity: str) -> Expectation | None:
    """The first moment at which a test expects an alert to fire; None if it never does."""
    return next((one for one in expectations(rule_test, alert) if severity in one.severities), None)


def gap_tests(file: Path) -> Iterator[RuleTest]:
    """The first test in which each alert fires, with gaps in the scrapes."""
    for rule in ALERTS:
        name, severity = rule["alert"], rule["labels"]["severity"]
        if name in ABOUT_THE_SCRAPES | NOT_SENT:
            continue
        for rule_test in TESTED[file]["tests"]:
            fires = first_fired(rule_test, name, severity)
            if fires is not None:
                yield with_gaps(rule_test, fires, severity, waits=seconds(rule.get("for", "0s")))
                break


def test_promtool_finds_nothing_to_say() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", *map(str, FILES))


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_alerts_fire_stay_silent_and_resolve(file: Path) -> None:
    promtool("test", "rules", str(file))


def test_each_file_has_its_test_and_each_test_its_file() -> None:
    assert {file.stem for file in FILES} == {file.stem.removesuffix("_test") for file in TESTS}


def test_version_is_published_as_it_stands() -> None:
    (info,) = (rule for rule in RECORDED if rule["record"] == "alignment_rule_pack_info")
    version = (RULES / "VERSION").read_text().strip()
    assert info["labels"]["version"] == version
    assert f"\n## {version}\n" in (RULES / "CHANGELOG.md").read_text()


def test_alert_is_tested_to_stay_silent_to_fire_and_to_resolve(alert: dict[str, Any]) -> None:
    name, severity = alert["alert"], alert["labels"]["severity"]
    stories = [
        "".join("x" if severity in one.severities else "." for one in expectations(rule_test, name))
        for rule_test in chain.from_iterable(read["tests"] for read in TESTED.values())
    ]
    whole = r"x+" if name == "AlignmentWatchdog" else r"\.+x+\.+"
    assert any(re.search(whole, story) for story in stories), stories


def test_series_are_read_as_promtool_reads_them() -> None:
    # Of a number that is repeated there is one more; of what is missing there is not.
    assert samples("1x2 0+5x1 3-0.5x2 _x2 stale _ 7") == [
        *"111",
        *"05",
        "3",
        "2.5",
        "2",
        "_",
        "_",
        "stale",
        "_",
        "7",
    ]


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_alerts_outlast_a_gap_in_the_scrapes(file: Path, tmp_path: Path) -> None:
    derived = list(gap_tests(file))
    if not derived:
        assert file.stem == "meta_test"
        return
    whole = {**TESTED[file], "tests": derived}
    whole["rule_files"] = [str((file.parent / name).resolve()) for name in whole["rule_files"]]
    (tmp_path / file.name).write_text(yaml.safe_dump(whole))
    promtool("test", "rules", str(tmp_path / file.name))


def test_alert_that_gets_graver_with_time_keeps_its_expression() -> None:
    by_name = defaultdict(list)
    for rule in ALERTS:
        by_name[rule["alert"]].append(rule)
    for name, severities in by_name.items():
        for milder, graver in pairwise(severities):
            if name in GRAVER_BY_ANOTHER_MEASURE:
                assert milder["expr"] != graver["expr"]
            else:
                assert milder["expr"] == graver["expr"]
                waits = seconds(graver["for"]) - seconds(milder.get("for", "0s"))
                assert waits > GRACE_SECONDS
    assert {name for name, found in by_name.items() if len(found) > 1} > GRAVER_BY_ANOTHER_MEASURE


def test_no_expression_is_an_alias() -> None:
    # Prometheus 2.42 takes the name of the alias for the expression, and says nothing.
    for file in FILES:
        assert not re.search(r"expr: [&*]", file.read_text()), file.name


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


@pytest.mark.parametrize("heading", sorted(sections()))
def test_runbook_section_shows_what_the_commands_say(heading: str) -> None:
    confirm, _, _ = sections()[heading].partition("**Do.**")
    assert re.search(r"^    \$ .+\n    [^$]", confirm, flags=re.MULTILINE)


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
        for family in settings_families(settings)
        for sample in family.samples
        if sample.name == "alignment_threshold"
    }
    matches = [match for file in FILES for match in _THRESHOLD.findall(file.read_text())]
    for operator, value in matches:
        found = {name for name in published if re.fullmatch(value, name)}
        assert found, value
        assert operator == "=~" or found == {value}


def test_only_known_probes_are_named() -> None:
    known = {reading.probe for reading in vars(snapshot).values() if hasattr(reading, "probe")}
    for file in FILES:
        for named in re.findall(r'probe=~?"([^"]+)"', file.read_text()):
            assert set(named.split("|")) <= known


def test_comment_above_each_alert_says_why_it_is_as_it_is() -> None:
    table = (RULES.parent / "docs" / "alerts.md").read_text()
    assert not re.findall(r"\[(\w+)\]\(.*\|  \|$", table, flags=re.MULTILINE)


def test_only_known_outcomes_are_named() -> None:
    text = "".join((RULES / name).read_text() for name in ("operations.yml", "objective.yml"))
    named = {one for match in re.findall(r'outcome[!=]~"([^"]+)"', text) for one in match.split("|")}
    assert named < set(Outcome)


def test_alertmanager_routes_and_inhibits_only_alerts_that_exist() -> None:
    named = set(re.findall(r"Alignment[A-Z]\w+", asset("alertmanager", "alertmanager.yml.j2").read_text()))
    sent_by_us = {"AlignmentTest"}
    assert named - sent_by_us <= {rule["alert"] for rule in ALERTS}


def test_example_for_a_prometheus_that_is_already_there(tmp_path: Path) -> None:
    shutil.copy(asset("deploy", "prometheus", "scrape.yml"), tmp_path / "prometheus.yml")
    shutil.copytree(RULES, tmp_path / "alignwatch")
    said = promtool("check", "config", str(tmp_path / "prometheus.yml"))
    assert f"{len(FILES)} rule files found" in said
