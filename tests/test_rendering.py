import html
import json
import os
import re
import subprocess
import sys
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from msgspec import structs

from alignwatch.assets import asset
from alignwatch.errors import UsageError
from alignwatch.rendering import Rendered, render_alertmanager, render_prometheus
from alignwatch.settings import Alerts, Email, Escalation, Settings, Slack, Web
from support.notifications import fully_reachable_settings, reachable_settings, secret, with_webhooks
from support.servers import program

TEMPLATES = asset("alertmanager", "templates")
HOSTILE_URL = "a\"b'c{{.Status}}{%x%}<<y>>\\"
HOSTILE = "a\"b'c\n: #[x] {{ .Status }} {% x %} << y >> \\ \x7f é😀"


def run(tool: str, *arguments: str) -> str:
    done = subprocess.run([program(tool), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def prometheus_yml(settings: Settings = Settings(), **changes: Any) -> str:  # noqa: B008 - frozen
    given: dict[str, Any] = {
        "exporter": "127.0.0.1:9847",
        "alertmanager": "127.0.0.1:9093",
        "prometheus": "127.0.0.1:9090",
        "rules": asset("rules"),
    }
    return render_prometheus(settings, **given | changes)


def alertmanager_yml(settings: Settings) -> Rendered:
    return render_alertmanager(settings, templates=TEMPLATES)


def with_alerts(settings: Settings, **changes: Any) -> Settings:
    return structs.replace(settings, alerts=structs.replace(settings.alerts, **changes))


def with_email(settings: Settings, **changes: Any) -> Settings:
    return with_alerts(settings, email=structs.replace(settings.alerts.email, **changes))


@pytest.fixture
def reachable(tmp_path: Path) -> Settings:
    return reachable_settings(tmp_path)


@pytest.fixture
def everything(tmp_path: Path) -> Settings:
    """What works with Alertmanager 0.25 too."""
    return fully_reachable_settings(tmp_path)


def receiver(settings: Settings, name: str) -> Any:
    receivers = yaml.safe_load(alertmanager_yml(settings).text)["receivers"]
    return next((one for one in receivers if one["name"] == name), None)


def trial_of(channel: str) -> dict[str, str]:
    """The labels of a test alert."""
    return {"alertname": "AlignmentTest", "severity": "info", "alignwatch_test": channel}


def labels_of_alerts_with_several_severities() -> dict[str, set[str]]:
    """By name: the labels that tell one from another, as the rules' own tests have them."""
    severities: dict[str, set[str]] = {}
    labels: dict[str, set[str]] = {}
    for file in (Path(__file__).parent / "rules").glob("*_test.yml"):
        for test in yaml.safe_load(file.read_text())["tests"]:
            for expectation in test.get("alert_rule_test", ()):
                for alert in expectation["exp_alerts"]:
                    name = expectation["alertname"]
                    severities.setdefault(name, set()).add(alert["exp_labels"]["severity"])
                    labels.setdefault(name, set()).update(alert["exp_labels"].keys())
    return {name: labels[name] - {"severity", "job", "state"} for name in labels if len(severities[name]) > 1}


class TestPrometheus:
    def test_passes_promtool_with_every_rule_of_the_pack(self, tmp_path: Path) -> None:
        config = tmp_path / "prometheus.yml"
        config.write_text(prometheus_yml())
        said = run("promtool", "check", "config", str(config))
        assert f"{len(list(asset('rules').glob('*.yml')))} rule files found" in said

    def test_scrapes_all_three_and_sends_alerts(self) -> None:
        config = yaml.safe_load(prometheus_yml(scrape_interval_seconds=30))
        targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]}
        assert targets == {
            "alignwatch": ["127.0.0.1:9847"],
            "prometheus": ["127.0.0.1:9090"],
            "alertmanager": ["127.0.0.1:9093"],
        }
        assert config["alerting"]["alertmanagers"] == [{"static_configs": [{"targets": ["127.0.0.1:9093"]}]}]
        assert config["global"] == {"scrape_interval": "30s", "evaluation_interval": "30s"}

    def test_without_the_others_only_the_exporter_is_scraped(self, tmp_path: Path) -> None:
        text = prometheus_yml(alertmanager=None, prometheus=None)
        config = yaml.safe_load(text)
        assert [job["job_name"] for job in config["scrape_configs"]] == ["alignwatch"]
        assert "alerting" not in config
        file = tmp_path / "prometheus.yml"
        file.write_text(text)
        run("promtool", "check", "config", str(file))

    def test_follows_the_telemetry_path(self) -> None:
        config = yaml.safe_load(prometheus_yml(Settings(web=Web(telemetry_path="/own/metrics"))))
        assert config["scrape_configs"][0]["metrics_path"] == "/own/metrics"

    def test_a_folder_with_the_glob_characters_of_its_name_is_found(self, tmp_path: Path) -> None:
        rules = tmp_path / 'a[b] "c": #d'
        rules.mkdir()
        (rules / "one.yml").write_bytes(asset("rules", "meta.yml").read_bytes())
        config = tmp_path / "prometheus.yml"
        config.write_text(prometheus_yml(rules=rules))
        assert "1 rule files found" in run("promtool", "check", "config", str(config))


class TestAlertmanager:
    @pytest.mark.parametrize("enabled", [True, False])
    def test_passes_amtool(self, everything: Settings, tmp_path: Path, enabled: bool) -> None:
        config = tmp_path / "alertmanager.yml"
        config.write_text(alertmanager_yml(with_alerts(everything, enabled=enabled)).text)
        assert "SUCCESS" in run("amtool", "check-config", str(config))

    def test_passes_amlint(self, everything: Settings, tmp_path: Path) -> None:
        config = tmp_path / "alertmanager.yml"
        config.write_text(alertmanager_yml(with_webhooks(everything, tmp_path)).text)
        rules = f"--rules={asset('rules')}/*.yml"
        command = [sys.executable, "-m", "amlint.cli", "check", "--format=json", rules, str(config)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = [
            finding["message"] for finding in json.loads(done.stdout) if finding["level"] in ("error", "warn")
        ]
        # Only "alignwatch alert test" sends this one.
        assert [line for line in said if "alertname 'AlignmentTest'" not in line] == []

    def test_sends_by_both_channels_with_secrets_in_files_and_says_what_is_resolved(
        self, reachable: Settings
    ) -> None:
        rendered = alertmanager_yml(reachable)
        people = receiver(reachable, "people")
        (email,), (slack,) = people["email_configs"], people["slack_configs"]
        assert email["to"] == "night@example.invalid, day@example.invalid"
        assert email["smarthost"] == "mail.example.invalid:587"
        assert email["auth_password_file"] == reachable.alerts.email.password_file
        assert slack["api_url_file"] == reachable.alerts.slack.api_url_file
        assert slack["channel"] == "#alignment"
        assert email["send_resolved"] and slack["send_resolved"]
        assert "open sesame" not in rendered.text
        assert rendered.warnings == ()

    @pytest.mark.parametrize(
        ("labels", "receivers"),
        [
            ({"alertname": "AlignmentWatchdog", "severity": "none"}, "dead-mans-switch"),
            ({"alertname": "AlignmentMaintenanceActive", "severity": "none"}, "nobody"),
            ({"alertname": "AlignmentRepositoryCorrupt", "severity": "critical"}, "people,escalation"),
            ({"alertname": "AlignmentHostCpuHigh", "severity": "warning"}, "people"),
            ({"alertname": "AlignmentOperationSlow", "severity": "info"}, "people"),
            (trial_of("email"), "test-email"),
            (trial_of("slack"), "test-slack"),
            (trial_of("escalation"), "escalation"),
            (trial_of("webhook"), "nobody"),
        ],
    )
    def test_routes_by_severity(
        self, everything: Settings, tmp_path: Path, labels: Mapping[str, str], receivers: str
    ) -> None:
        assert routed(everything, tmp_path, labels) == receivers

    def test_one_fault_is_one_message_whatever_its_severity(self, everything: Settings) -> None:
        route = yaml.safe_load(alertmanager_yml(everything).text)["route"]
        assert route["group_by"] == ["alertname", "instance"]
        routes = {one["receiver"]: one for one in route["routes"]}
        assert not any("group_by" in routes[name] for name in ("people", "escalation"))

    def test_a_test_reaches_one_channel_alone_and_at_once(self, everything: Settings) -> None:
        routes = yaml.safe_load(alertmanager_yml(everything).text)["route"]["routes"]
        tests = [one for one in routes if one["receiver"].startswith("test-")]
        assert [one["group_wait"] for one in tests] == ["0s", "0s"]
        assert [one["group_by"] for one in tests] == [["..."], ["..."]]
        assert set(receiver(everything, "test-email")) == {"name", "email_configs", "webhook_configs"}
        assert set(receiver(everything, "test-slack")) == {"name", "slack_configs", "webhook_configs"}
        # Of a test's end nobody needs to be told.
        assert receiver(everything, "test-email")["email_configs"][0]["send_resolved"] is False

    def test_a_severity_that_is_not_named_goes_nowhere(self, reachable: Settings, tmp_path: Path) -> None:
        settings = with_alerts(reachable, severity_levels=("critical",))
        assert routed(settings, tmp_path, {"alertname": "X", "severity": "warning"}) == "nobody"
        assert routed(settings, tmp_path, {"alertname": "X", "severity": "critical"}) == "people"

    def test_nothing_is_sent_while_alerts_are_off(self, reachable: Settings, tmp_path: Path) -> None:
        settings = with_alerts(reachable, enabled=False)
        assert alertmanager_yml(settings).warnings == ()
        assert routed(settings, tmp_path, {"alertname": "X", "severity": "critical"}) == "nobody"
        assert routed(settings, tmp_path, {"alertname": "AlignmentWatchdog"}) == "dead-mans-switch"

    def test_the_escalation_is_reminded_sooner(self, everything: Settings) -> None:
        routes = yaml.safe_load(alertmanager_yml(everything).text)["route"]["routes"]
        repeats = {one["receiver"]: one.get("repeat_interval") for one in routes}
        assert (repeats["people"], repeats["escalation"]) == ("43200s", "14400s")

    def test_the_escalation_has_its_own_addresses_on_the_same_mail_server(self, everything: Settings) -> None:
        told = receiver(everything, "escalation")
        (mail,), (slack,) = told["email_configs"], told["slack_configs"]
        assert (mail["to"], mail["smarthost"]) == ("manager@example.invalid", "mail.example.invalid:587")
        assert mail["auth_password_file"] == everything.alerts.email.password_file
        assert (slack["channel"], slack["api_url_file"]) == (
            "#incidents",
            everything.alerts.escalation.slack.api_url_file,
        )

    def test_an_escalation_that_no_severity_reaches_is_a_warning(
        self, everything: Settings, tmp_path: Path
    ) -> None:
        settings = with_alerts(everything, severity_levels=("warning",))
        (said,) = alertmanager_yml(settings).warnings
        assert said == "alerts.severity_levels leaves out critical: nothing is sent to alerts.escalation"
        assert routed(settings, tmp_path, {"alertname": "X", "severity": "critical"}) == "nobody"
        assert receiver(settings, "escalation") is None

    def test_the_audit_is_told_by_every_receiver_that_tells_people(self, everything: Settings) -> None:
        audit = {
            "send_resolved": True,
            "url": "http://127.0.0.1:9847/api/v1/audit",
            "max_alerts": 500,
            "http_config": {"authorization": {"credentials_file": everything.alerts.audit.token_file}},
        }
        for name in ("people", "escalation"):
            assert receiver(everything, name)["webhook_configs"] == [audit]
        for name in ("dead-mans-switch", "nobody"):
            assert "webhook_configs" not in receiver(everything, name)

    @pytest.mark.parametrize(
        ("listens", "given", "url"),
        [
            ("0.0.0.0:9848", None, "http://127.0.0.1:9848"),
            ("[::]:9848", None, "http://127.0.0.1:9848"),
            (":9848", None, "http://127.0.0.1:9848"),
            ("[::1]:9848", None, "http://[::1]:9848"),
            ("10.0.0.1:9848", "a.example:1", "http://a.example:1"),
        ],
    )
    def test_the_audit_is_where_the_exporter_is(
        self, everything: Settings, listens: str, given: str | None, url: str
    ) -> None:
        audit = structs.replace(everything.alerts.audit, url=None)
        settings = structs.replace(with_alerts(everything, audit=audit), web=Web(listen_addresses=(listens,)))
        text = render_alertmanager(settings, templates=TEMPLATES, exporter=given).text
        assert f'url: "{url}/api/v1/audit"' in text

    def test_webhooks_for_people_and_for_the_dead_mans_switch(
        self, reachable: Settings, tmp_path: Path
    ) -> None:
        settings = with_webhooks(reachable, tmp_path)
        (chat,) = receiver(settings, "people")["webhook_configs"]
        assert chat == {"send_resolved": True, "url_file": str(tmp_path / "chat")}
        assert receiver(settings, "test-webhook")["webhook_configs"] == [chat | {"send_resolved": False}]
        (switch,) = receiver(settings, "dead-mans-switch")["webhook_configs"]
        assert switch["url"] == "https://switch.example.invalid/x"
        assert switch["http_config"]["authorization"]["credentials_file"] == str(tmp_path / "switch")
        # Somebody waits for it even where nobody is told anything else.
        assert receiver(with_alerts(settings, enabled=False), "dead-mans-switch")["webhook_configs"] == [
            switch
        ]

    def test_what_is_told_in_spite_of_maintenance_is_documented(self, everything: Settings) -> None:
        rules = yaml.safe_load(alertmanager_yml(everything).text)["inhibit_rules"]
        (exempt,) = {
            matcher.partition("!~")[2].strip('"')
            for rule in rules
            for matcher in rule["target_matchers"]
            if "MaintenanceActive" in str(rule["source_matchers"]) and "!~" in matcher
        }
        documented = asset("docs", "alerting.md").read_text().partition("**Damage is told at once**")[2]
        assert set(re.findall(r"Alignment\w+", documented.partition(". No")[0])) == set(exempt.split("|"))

    def test_a_grave_alert_hides_only_its_own_warning(self, everything: Settings) -> None:
        rules = yaml.safe_load(alertmanager_yml(everything).text)["inhibit_rules"]
        equal = set(rules[0]["equal"])
        for name, labels in labels_of_alerts_with_several_severities().items():
            assert labels <= equal, name

    def test_a_channel_that_is_not_set_up_is_a_warning(self, tmp_path: Path) -> None:
        settings = Settings(alerts=Alerts(channels=("email", "slack")))
        email, slack = alertmanager_yml(settings).warnings
        assert "alerts.email is not set up" in email
        assert "alerts.slack is not set up" in slack
        assert routed(settings, tmp_path, {"alertname": "X", "severity": "critical"}) == "nobody"

    def test_one_channel_is_enough(self, reachable: Settings, tmp_path: Path) -> None:
        settings = with_alerts(reachable, channels=("slack",))
        assert "email_configs" not in receiver(settings, "people")
        assert routed(settings, tmp_path, {"alertname": "X", "severity": "critical"}) == "people"

    def test_a_mail_server_and_a_webhook_that_ask_for_nothing_more(
        self, reachable: Settings, tmp_path: Path
    ) -> None:
        slack = structs.replace(reachable.alerts.slack, channel=None)
        settings = with_alerts(
            with_email(reachable, username=None, password_file=None, require_tls=True), slack=slack
        )
        config = tmp_path / "alertmanager.yml"
        config.write_text(alertmanager_yml(settings).text)
        run("amtool", "check-config", str(config))
        people = receiver(settings, "people")
        assert people["email_configs"][0]["require_tls"] is True
        assert "auth_username" not in people["email_configs"][0]
        assert "channel" not in people["slack_configs"][0]

    def test_hostile_values_stay_data(self, reachable: Settings, tmp_path: Path) -> None:
        settings = with_alerts(
            with_email(reachable, to=(HOSTILE,), username=HOSTILE),
            slack=structs.replace(reachable.alerts.slack, channel=HOSTILE),
        )
        config = tmp_path / "alertmanager.yml"
        config.write_text(alertmanager_yml(settings).text)
        run("amtool", "check-config", str(config))
        people = receiver(settings, "people")
        assert people["email_configs"][0]["auth_username"] == HOSTILE
        for field in (people["email_configs"][0]["to"], people["slack_configs"][0]["channel"]):
            assert "{{ .Status }}" not in field
            assert expanded(field, tmp_path) == HOSTILE

    @effort(deadline=None)  # PyYAML reads slowly.
    @given(text=st.text(st.characters(codec="utf-8"), min_size=1))
    def test_any_text_means_itself_in_yaml(self, text: str) -> None:
        assume("${" not in text)
        settings = Settings(alerts=Alerts(email=Email(to=(text,), smarthost="h:25", sender=text)))
        (email,) = receiver(settings, "people")["email_configs"]
        assert email["to"] == email["from"] == text.replace("{{", '{{ "{{" }}')


class TestRefusals:
    def refusal(self, settings: Settings) -> str:
        with pytest.raises(UsageError) as error:
            alertmanager_yml(settings)
        assert "\n" not in str(error.value)
        return str(error.value)

    def test_missing_secret_file(self, reachable: Settings, tmp_path: Path) -> None:
        said = self.refusal(with_email(reachable, password_file=str(tmp_path / "nothing")))
        assert said.startswith(
            f"alerts.email.password_file: cannot read {tmp_path / 'nothing'}: No such file"
        )

    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("token", "alerts.audit.token_file"),
            ("incidents", "alerts.escalation.slack.api_url_file"),
            ("chat", "alerts.webhook.url_file"),
            ("switch", "alerts.dead_mans_switch.token_file"),
        ],
    )
    @pytest.mark.parametrize("fault", ["missing", "open to all", "placeholder"])
    def test_every_other_secret_file(
        self, everything: Settings, tmp_path: Path, name: str, key: str, fault: str
    ) -> None:
        settings = with_webhooks(everything, tmp_path)
        file = tmp_path / name
        match fault:
            case "missing":
                file.unlink()
            case "open to all":
                file.chmod(0o604)
            case "placeholder":
                file.write_text("${SECRET}\n")
        assert self.refusal(settings).startswith(f"{key}: ")

    def test_escalation_set_up_by_half(self, reachable: Settings, tmp_path: Path) -> None:
        by_mail = with_email(with_alerts(reachable, channels=("slack",)), to=(), smarthost=None)
        said = self.refusal(with_alerts(by_mail, escalation=Escalation(to=("manager@example.invalid",))))
        assert said.startswith("alerts.email.smarthost: not set")
        by_slack = with_alerts(reachable, escalation=Escalation(slack=Slack(channel="#incidents")))
        assert self.refusal(by_slack).startswith("alerts.escalation.slack.api_url_file: not set")

    def test_empty_secret_file(self, reachable: Settings, tmp_path: Path) -> None:
        settings = with_alerts(reachable, slack=Slack(api_url_file=secret(tmp_path, "empty", " \n")))
        assert self.refusal(settings).startswith(f"alerts.slack.api_url_file: {tmp_path / 'empty'} is empty")

    def test_secret_file_that_everybody_reads(self, reachable: Settings, tmp_path: Path) -> None:
        (tmp_path / "password").chmod(0o644)
        said = self.refusal(reachable)
        assert said.startswith("alerts.email.password_file: every user can read")

    def test_password_file_with_a_line_break(self, reachable: Settings, tmp_path: Path) -> None:
        (tmp_path / "password").write_text("open sesame\n")
        assert "ends with a line break" in self.refusal(reachable)

    def test_secret_file_of_a_service_group_is_fine(self, reachable: Settings, tmp_path: Path) -> None:
        (tmp_path / "password").chmod(0o640)
        assert alertmanager_yml(reachable).warnings == ()

    def test_secret_file_with_a_placeholder(self, reachable: Settings, tmp_path: Path) -> None:
        (tmp_path / "webhook").write_text("${SLACK_URL}\n")
        assert "alerts.slack.api_url_file" in self.refusal(reachable)

    @pytest.mark.parametrize(
        ("changes", "key"),
        [
            ({"username": "${SMTP_USER}"}, "alerts.email.username"),
            ({"to": ("a@example.invalid", "${NIGHT_SHIFT}")}, "alerts.email.to[1]"),
        ],
    )
    def test_placeholder(self, reachable: Settings, changes: dict[str, Any], key: str) -> None:
        assert self.refusal(with_email(reachable, **changes)).startswith(
            f"{key}: Alertmanager does not expand"
        )

    @pytest.mark.parametrize(
        ("changes", "key"),
        [
            ({"smarthost": None}, "alerts.email.smarthost"),
            ({"to": ()}, "alerts.email.to"),
            ({"username": None}, "alerts.email.username"),
            ({"password_file": None}, "alerts.email.password_file"),
        ],
    )
    def test_email_set_up_by_half(self, reachable: Settings, changes: dict[str, Any], key: str) -> None:
        assert self.refusal(with_email(reachable, **changes)).startswith(f"{key}: not set")

    def test_missing_template(self, reachable: Settings, tmp_path: Path) -> None:
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "email.tmpl").write_text((TEMPLATES / "email.tmpl").read_text())
        with pytest.raises(UsageError, match=r"own defines alignwatch\.slack\.color, "):
            render_alertmanager(reachable, templates=Path("own"), base=tmp_path)


class TestTemplates:
    TEXTS = ("email.subject", "email.text", "slack.title", "slack.text", "slack.color")

    @pytest.mark.parametrize("name", [*TEXTS, "email.html"])
    def test_firing_says_what_where_since_when_and_what_to_do(self, tmp_path: Path, name: str) -> None:
        said = notification(name, tmp_path, alert("firing"))
        if name in ("email.subject", "slack.title"):
            assert said.startswith("[critical]")
        if name.endswith(("html", "text")):
            for part in ("app is corrupt", "damaged: 7 of 5", "2026-01-12 12:00:00 UTC", "a:9847"):
                assert part in said
            assert "https://runbook.invalid/#x" in said
            assert "https://dashboard.invalid/graph?g0.expr=up" in said
        assert "no value" not in said

    @pytest.mark.parametrize("name", [*TEXTS, "email.html"])
    def test_resolved_says_so(self, tmp_path: Path, name: str) -> None:
        said = notification(name, tmp_path, alert("resolved"))
        assert "good" in said if name == "slack.color" else "resolved" in said.lower()
        if name.endswith(("html", "text")):
            assert "2026-01-12 12:00:00 UTC to 2026-01-12 12:30:00 UTC" in said

    @pytest.mark.parametrize("severity", ["critical", "warning", "info"])
    def test_colours_differ_by_severity(self, tmp_path: Path, severity: str) -> None:
        colours = {"critical": "danger", "warning": "warning", "info": "#2f6db5"}
        assert notification("slack.color", tmp_path, alert("firing", severity=severity)) == colours[severity]
        assert severity in notification("email.html", tmp_path, alert("firing", severity=severity))

    @pytest.mark.parametrize("name", ["email.subject", "slack.title"])
    def test_several_alerts_are_counted(self, tmp_path: Path, name: str) -> None:
        alerts = [alert("firing"), alert("firing", instance="b:9847")]
        assert notification(name, tmp_path, *alerts) == "[critical] AlignmentRepositoryCorrupt in app (2)"
        alerts = [alert("resolved"), alert("firing", severity="warning"), alert("firing", severity="info")]
        said = notification(name, tmp_path, *alerts)
        assert said.startswith("[warning] AlignmentRepositoryCorrupt in app ")
        assert said.endswith("(2 firing, 1 resolved)")

    @pytest.mark.parametrize("name", ["email.text", "email.html", "slack.text"])
    def test_of_many_the_first_ten_are_shown_and_all_are_counted(self, tmp_path: Path, name: str) -> None:
        firing = [alert("firing", repository=f"app-{number:03}") for number in range(300)]
        gone = [alert("resolved", repository=f"old-{number:03}") for number in range(11)]
        said = notification(name, tmp_path, *gone, *firing)
        assert "300 alerts fire" in said
        assert set(re.findall(r"app-\d{3}", said)) == {f"app-{number:03}" for number in range(10)}
        assert set(re.findall(r"old-\d{3}", said)) == {f"old-{number:03}" for number in range(10)}
        assert "first 10 of 11 that are resolved" in said
        # What fires comes first.
        assert said.index("app-009") < said.index("old-000")
        (whole_group,) = re.findall(r"filter=%7Balertname%3D%22AlignmentRepositoryCorrupt%22%7D", said)
        assert whole_group

    @pytest.mark.parametrize("name", ["email.text", "email.html", "slack.text"])
    def test_the_silence_link_picks_this_alert_in_any_severity(self, tmp_path: Path, name: str) -> None:
        said = notification(name, tmp_path, alert("firing", repository='a "b" \\ c+d & é, {{x}} %7D'))
        (link,) = re.findall(r"http://alertmanager\.invalid/#/silences/new\?filter=([^|>\"\s]+)", said)
        assert re.fullmatch(r"[A-Za-z0-9%._~-]+", link)
        # Alertmanager's page decodes percents and nothing else.
        matchers = urllib.parse.unquote(link, errors="strict")
        assert matchers == (
            '{alertname="AlignmentRepositoryCorrupt",instance="a:9847",'
            r'repository="a \"b\" \\ c+d & é, {{x}} %7D"}'
        )
        assert parsed_by_amtool(matchers, tmp_path)

    @pytest.mark.parametrize("name", ["email.text", "email.html", "slack.text", "email.subject"])
    def test_an_alert_without_annotations_has_its_name(self, tmp_path: Path, name: str) -> None:
        bare = alert("firing") | {"annotations": {}}
        said = notification(name, tmp_path, bare)
        assert "AlignmentRepositoryCorrupt" in said
        assert "Runbook" not in said
        assert "no value" not in said

    @pytest.mark.parametrize("name", ["email.text", "email.html", "slack.text"])
    def test_no_message_grows_with_what_an_alert_says(self, tmp_path: Path, name: str) -> None:
        long = [alert("firing", repository="r" * 250 + str(number)) for number in range(300)]
        for one in long:
            one["annotations"] |= {"summary": "s" * 5000, "description": "é" * 100_000}
        assert len(notification(name, tmp_path, *long).encode()) < 50_000

    def test_html_takes_no_markup_from_labels(self, tmp_path: Path) -> None:
        hostile = alert("firing", repository="<script>alert(1)</script>\"'{{7*7}}")
        hostile["annotations"] |= {"summary": "<img src=x>", "dashboard_url": "javascript:alert(1)"}
        said = notification("email.html", tmp_path, hostile)
        assert "<script" not in said
        assert "<img" not in said
        assert "javascript" not in said
        assert "{{7*7}}" in said

    @pytest.mark.parametrize("name", ["slack.title", "slack.text"])
    def test_slack_takes_no_mention_and_no_link_from_labels(self, tmp_path: Path, name: str) -> None:
        hostile = alert("firing", repository="<!channel> & <https://evil.invalid|x>")
        hostile["annotations"]["summary"] = "<!here>"
        said = notification(name, tmp_path, hostile)
        assert "<!" not in said
        assert "<https://evil" not in said
        assert "&lt;!channel&gt; &amp; &lt;" in said


class TestPanelLinks:
    """Where Grafana is known, messages lead to its panels."""

    FIELDS = ("email html", "email text", "slack text")

    @pytest.fixture(params=FIELDS)
    def field(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    def said(self, settings: Settings, grafana: str | None, field: str, folder: Path, **labels: str) -> str:
        known = structs.replace(settings, links=structs.replace(settings.links, grafana=grafana))
        kind, _, name = field.partition(" ")
        (config,) = receiver(known, "people")[f"{kind}_configs"]
        data = {
            "status": "firing",
            "alerts": [alert("firing", **labels)],
            "externalURL": "http://alertmanager.invalid",
        }
        return html.unescape(expanded(config[name], folder, data))

    def link(self, said: str) -> str:
        (found,) = re.findall(r"https://grafana\.invalid[^\s\"|<>]*", said)
        return str(found)

    @pytest.mark.parametrize(
        "grafana",
        [
            "https://grafana.invalid/g",
            "https://grafana.invalid/g/",
            "https://grafana.invalid/g/d/other/home?a=b",
        ],
    )
    def test_an_alert_leads_to_its_panel(
        self, reachable: Settings, tmp_path: Path, field: str, grafana: str
    ) -> None:
        link = self.link(self.said(reachable, grafana, field, tmp_path))
        address = urllib.parse.urlsplit(link)
        assert address.path == "/g/d/alignwatch-overview"
        assert urllib.parse.parse_qs(address.query) == {
            "viewPanel": ["409"],
            "from": ["1768197600000"],
            "to": ["now"],
            "var-instance": ["a:9847"],
            "var-repository": ["app"],
        }

    def test_names_stay_names(self, reachable: Settings, tmp_path: Path, field: str) -> None:
        hostile = 'a&to=0 <x> "b" |c'
        said = self.said(reachable, "https://grafana.invalid", field, tmp_path, repository=hostile)
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.link(said)).query)
        assert asked["var-repository"] == [hostile]
        assert asked["to"] == ["now"]

    def test_what_has_no_panel_keeps_its_own_link(
        self, reachable: Settings, tmp_path: Path, field: str
    ) -> None:
        said = self.said(reachable, "https://grafana.invalid", field, tmp_path, alertname="Ours")
        assert "https://dashboard.invalid/graph?g0.expr=up" in said

    def test_without_grafana_the_rules_link_stays(
        self, reachable: Settings, tmp_path: Path, field: str
    ) -> None:
        assert "https://dashboard.invalid/graph?g0.expr=up" in self.said(reachable, None, field, tmp_path)

    def test_the_configuration_is_one(self, everything: Settings, tmp_path: Path) -> None:
        known = structs.replace(
            everything, links=structs.replace(everything.links, grafana=f"https://x/{HOSTILE_URL}")
        )
        config = tmp_path / "alertmanager.yml"
        config.write_text(alertmanager_yml(known).text)
        assert "SUCCESS" in run("amtool", "check-config", str(config))


def routed(settings: Settings, folder: Path, labels: Mapping[str, str]) -> str:
    """The receiver that Alertmanager sends an alert to."""
    config = folder / "alertmanager.yml"
    config.write_text(alertmanager_yml(settings).text)
    pairs = [f"{name}={value}" for name, value in labels.items()]
    return run("amtool", "config", "routes", "test", f"--config.file={config}", *pairs).strip()


def alert(status: str, *, severity: str = "critical", **labels: str) -> dict[str, Any]:
    """An alert as templates see it."""
    own = {
        "alertname": "AlignmentRepositoryCorrupt",
        "severity": severity,
        "instance": "a:9847",
        "repository": "app",
    }
    return {
        "status": status,
        "labels": own | labels,
        "annotations": {
            "summary": "The repository app is corrupt",
            "description": "damaged: 7 of 5",
            "runbook_url": "https://runbook.invalid/#x",
            "dashboard_url": "https://dashboard.invalid/graph?g0.expr=up",
        },
        "startsAt": "2026-01-12T12:00:00Z",
        "endsAt": "2026-01-12T12:30:00Z",
    }


def notification(name: str, folder: Path, *alerts: dict[str, Any]) -> str:
    """What one of our templates makes of alerts."""
    common = dict(set.intersection(*(set(one["labels"].items()) for one in alerts)))
    data = {
        "status": "firing" if any(one["status"] == "firing" for one in alerts) else "resolved",
        "alerts": alerts,
        "receiver": "people",
        "commonLabels": common,
        "groupLabels": {"alertname": "AlignmentRepositoryCorrupt"},
        "externalURL": "http://alertmanager.invalid",
    }
    return expanded(f'{{{{ template "alignwatch.{name}" . }}}}', folder, data)


def parsed_by_amtool(matchers: str, folder: Path) -> bool:
    """Whether Alertmanager's own parser takes a list of matchers."""
    config = folder / "matchers.yml"
    pairs = matchers[1:-1].replace('",', '"\n')
    route = {"receiver": "x", "routes": [{"receiver": "x", "matchers": pairs.split("\n")}]}
    config.write_text(yaml.safe_dump({"route": route, "receivers": [{"name": "x"}]}, allow_unicode=True))
    return "SUCCESS" in run("amtool", "check-config", str(config))


def expanded(text: str, folder: Path, data: object = None) -> str:
    """What Alertmanager makes of a field of its configuration."""
    file = folder / "data.json"
    file.write_text(json.dumps(data or {"status": "firing"}))
    return run(
        "amtool",
        "template",
        "render",
        f"--template.glob={os.fspath(TEMPLATES)}/*.tmpl",
        f"--template.type={'html' if 'html' in text else 'text'}",
        f"--template.text={text}",
        f"--template.data={file}",
    )
