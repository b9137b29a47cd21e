import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs

from alignwatch.assets import asset
from alignwatch.errors import UsageError
from alignwatch.rendering import Rendered, render_alertmanager, render_prometheus
from alignwatch.settings import Alerts, Email, Settings, Slack, Web
from support.notifications import reachable_settings, secret
from support.servers import program

TEMPLATES = asset("alertmanager", "templates")
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
    def test_passes_amtool(self, reachable: Settings, tmp_path: Path) -> None:
        config = tmp_path / "alertmanager.yml"
        config.write_text(alertmanager_yml(reachable).text)
        assert "SUCCESS" in run("amtool", "check-config", str(config))

    def test_sends_by_both_channels_with_secrets_in_files_and_says_what_is_resolved(
        self, reachable: Settings
    ) -> None:
        rendered = alertmanager_yml(reachable)
        (people,) = (one for one in yaml.safe_load(rendered.text)["receivers"] if one["name"] == "people")
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
        ("labels", "receiver"),
        [
            ({"alertname": "AlignmentWatchdog", "severity": "none"}, "dead-mans-switch"),
            ({"alertname": "AlignmentMaintenanceActive", "severity": "none"}, "nobody"),
            ({"alertname": "AlignmentRepositoryCorrupt", "severity": "critical"}, "people"),
            ({"alertname": "AlignmentHostCpuHigh", "severity": "warning"}, "people"),
            ({"alertname": "AlignmentOperationSlow", "severity": "info"}, "people"),
        ],
    )
    def test_routes_by_severity(
        self, reachable: Settings, tmp_path: Path, labels: Mapping[str, str], receiver: str
    ) -> None:
        assert routed(reachable, tmp_path, labels) == receiver

    def test_a_severity_that_is_not_named_goes_nowhere(self, reachable: Settings, tmp_path: Path) -> None:
        settings = with_alerts(reachable, severity_levels=("critical",))
        assert routed(settings, tmp_path, {"alertname": "X", "severity": "warning"}) == "nobody"
        assert routed(settings, tmp_path, {"alertname": "X", "severity": "critical"}) == "people"

    def test_nothing_is_sent_while_alerts_are_off(self, reachable: Settings, tmp_path: Path) -> None:
        settings = with_alerts(reachable, enabled=False)
        assert alertmanager_yml(settings).warnings == ()
        assert routed(settings, tmp_path, {"alertname": "X", "severity": "critical"}) == "nobody"
        assert routed(settings, tmp_path, {"alertname": "AlignmentWatchdog"}) == "dead-mans-switch"

    def test_critical_alerts_are_repeated_sooner(self, reachable: Settings) -> None:
        route = yaml.safe_load(alertmanager_yml(reachable).text)["route"]
        repeats = {one["matchers"][0]: one.get("repeat_interval") for one in route["routes"]}
        assert repeats['severity="critical"'] == "4h"
        assert repeats['severity="warning"'] is None
        assert route["repeat_interval"] == "12h"

    def test_a_channel_that_is_not_set_up_is_a_warning(self, tmp_path: Path) -> None:
        settings = Settings(alerts=Alerts(channels=("email", "slack")))
        email, slack = alertmanager_yml(settings).warnings
        assert "alerts.email is not set up" in email
        assert "alerts.slack is not set up" in slack
        assert routed(settings, tmp_path, {"alertname": "X", "severity": "critical"}) == "nobody"

    def test_one_channel_is_enough(self, reachable: Settings, tmp_path: Path) -> None:
        settings = with_alerts(reachable, channels=("slack",))
        (people,) = yaml.safe_load(alertmanager_yml(settings).text)["receivers"][2:]
        assert "email_configs" not in people
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
        people = yaml.safe_load(config.read_text())["receivers"][2]
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
        people = yaml.safe_load(config.read_text())["receivers"][2]
        assert people["email_configs"][0]["auth_username"] == HOSTILE
        for field in (people["email_configs"][0]["to"], people["slack_configs"][0]["channel"]):
            assert "{{ .Status }}" not in field
            assert expanded(field, tmp_path) == HOSTILE

    @given(text=st.text(st.characters(codec="utf-8"), min_size=1))
    def test_any_text_means_itself_in_yaml(self, text: str) -> None:
        assume("${" not in text)
        settings = Settings(alerts=Alerts(email=Email(to=(text,), smarthost="h:25", sender=text)))
        (email,) = yaml.safe_load(alertmanager_yml(settings).text)["receivers"][2]["email_configs"]
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
            assert "resolved 2026-01-12 12:30:00 UTC" in said

    @pytest.mark.parametrize("severity", ["critical", "warning", "info"])
    def test_colours_differ_by_severity(self, tmp_path: Path, severity: str) -> None:
        colours = {"critical": "danger", "warning": "warning", "info": "#2f6db5"}
        assert notification("slack.color", tmp_path, alert("firing", severity=severity)) == colours[severity]
        assert severity in notification("email.html", tmp_path, alert("firing", severity=severity))

    @pytest.mark.parametrize("name", ["email.subject", "slack.title"])
    def test_several_alerts_are_counted(self, tmp_path: Path, name: str) -> None:
        alerts = [alert("firing"), alert("firing", instance="b:9847")]
        assert notification(name, tmp_path, *alerts) == "[critical] AlignmentRepositoryCorrupt in app (2)"

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
        "commonLabels": common,
        "externalURL": "http://alertmanager.invalid",
    }
    return expanded(f'{{{{ template "alignwatch.{name}" . }}}}', folder, data)


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
