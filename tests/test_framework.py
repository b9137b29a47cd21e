"""The specification's class, as another program uses it."""

import json
import math
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import alignwatch
from alignwatch import (
    Alert,
    AlignwatchError,
    ConfigurationError,
    MaintenanceMonitoringFramework,
    Tracker,
    UsageError,
)
from alignwatch.journal.deliveries import SentAlert
from alignwatch.journal.store import Journal
from alignwatch.operation import Kind, Outcome, Phase
from alignwatch.report.schema import report_schema
from alignwatch.state_dir import journal_path
from support import servers
from support.documentation import examples
from support.history import History
from support.journals import operation
from support.receivers import slack_webhook
from support.repositories import git
from support.waiting import wait_until


@pytest.fixture
def framework(repository: Path) -> MaintenanceMonitoringFramework:
    return MaintenanceMonitoringFramework(repository)


@pytest.fixture
def unheard(repository: Path, tmp_path: Path, nowhere: str) -> MaintenanceMonitoringFramework:
    """No Alertmanager hears of its alerts, whatever listens at the usual address."""
    config = tmp_path / "framework.yaml"
    config.write_text(f"report: {{alertmanager: {{url: '{nowhere}'}}}}\n")
    return MaintenanceMonitoringFramework(repository, config)


@pytest.fixture
def journal() -> Journal:
    """With four operations of the last hour, one of them of another repository, and an old one."""
    made = Journal(journal_path(Path(os.environ["ALIGNWATCH_STATE_DIR"])))
    now = time.time()
    phases = (Phase("validation", 1.0), Phase("rebase_operation", 2.0), Phase("conflict_resolution", 50.0))
    made.record_all(
        [
            operation("a", started=now - 600, duration=2.0),
            operation("b", started=now - 500, duration=4.0, kind=Kind.ALIGN, phases=phases, resources=None),
            operation("c", started=now - 400, duration=1.0, outcome=Outcome.FAILED),
            operation("d", started=now - 300, duration=99.0, repository="lib"),
            operation("e", started=now - 90_000, duration=77.0),
        ]
    )
    return made


def test_system_health_monitoring(framework: MaintenanceMonitoringFramework) -> None:
    health = framework.check_system_health()
    assert (health.verdict, health.findings) in (("healthy", ()), ("warnings", health.findings))
    assert (health.repository_health, health.process_health) == ("optimal", "idle")
    use = health.resource_utilization
    assert use.cpu_percent is not None
    assert use.disk_percent is not None
    assert 0 <= use.cpu_percent <= 100
    assert 0 < use.disk_percent <= 100
    with pytest.raises(AttributeError):
        health.verdict = "healthy"  # type: ignore[misc]


def test_repository_health_monitoring(framework: MaintenanceMonitoringFramework, repository: Path) -> None:
    (repository / ".git" / "refs" / "heads" / "broken").write_text("nonsense\n")
    health = framework.check_system_health()
    assert (health.repository_health, health.verdict, health.healthy) == ("corrupt", "unhealthy", False)
    assert any("refs/heads/broken" in one for one in health.findings)


def test_a_repository_that_vanished_is_a_state_and_no_exception(
    framework: MaintenanceMonitoringFramework, repository: Path
) -> None:
    repository.rename(repository.with_name("away"))
    health = framework.check_system_health()
    assert (health.repository_health, health.verdict) == ("unreachable", "unhealthy")
    assert framework.generate_monitoring_report().health_status.repository_health == "unreachable"


@pytest.mark.usefixtures("journal")
def test_performance_tracking(framework: MaintenanceMonitoringFramework) -> None:
    figures = framework.collect_performance_metrics()
    of_operations = figures.alignment_operations
    assert of_operations.total_executed == 3
    assert of_operations.average_time_seconds == pytest.approx(7 / 3, abs=1e-6)
    assert (of_operations.min_time_seconds, of_operations.max_time_seconds) == (1.0, 4.0)
    assert of_operations.success_rate == pytest.approx(2 / 3, abs=1e-6)
    assert figures.resource_usage.peak_memory_mb == 0.001
    assert figures.resource_usage.average_cpu_percent == pytest.approx(100 * 1.0 / 3.0, abs=1e-4)
    assert figures.resource_usage.io_operations == 16
    assert framework.collect_performance_metrics(window="2d").alignment_operations.total_executed == 4


def test_without_operations_nothing_is_made_up(framework: MaintenanceMonitoringFramework) -> None:
    figures = framework.collect_performance_metrics()
    assert figures.alignment_operations.total_executed == 0
    assert figures.alignment_operations.average_time_seconds is None
    assert figures.alignment_operations.success_rate is None
    assert math.isnan(framework.get_performance_metrics().avg_alignment_time)
    assert framework.get_component_performance() == {}
    assert framework.profile().parts == ()


def test_a_success_that_git_refuses_is_none(
    framework: MaintenanceMonitoringFramework, journal: Journal
) -> None:
    for claim in journal.claims(9):
        journal.settle(claim, "target_not_contained" if claim.operation_id == "a" else None)
    assert framework.collect_performance_metrics().alignment_operations.success_rate == pytest.approx(1 / 3)


@pytest.mark.usefixtures("journal")
def test_components_are_phases_and_operations_without_any(framework: MaintenanceMonitoringFramework) -> None:
    found = framework.get_component_performance()
    assert {name: one.avg_time for name, one in found.items()} == {
        "rebase": 2.0,
        "rebase_operation": 2.0,
        "validation": 1.0,
    }
    assert (found["validation"].number, found["validation"].total_time) == (1, 1.0)


def test_resource_usage_is_in_percent(framework: MaintenanceMonitoringFramework) -> None:
    found = framework.get_resource_usage()
    assert set(found) == {"cpu", "memory", "disk"}
    assert all(0 <= one.percent <= 100 for one in found.values())


def test_maintenance_scheduling(framework: MaintenanceMonitoringFramework) -> None:
    before = time.time()
    result = framework.schedule_maintenance_task("log_rotation", "30 2 * * *")
    assert result.accepted
    assert result.next_run is not None
    assert before < result.next_run <= time.time() + 86_400
    for task, schedule, why in (
        ("log_rotation", "never", "no cron expression"),
        ("nap", "* * * * *", "no task"),
    ):
        refused = framework.schedule_maintenance_task(task, schedule)
        assert not refused.accepted
        assert why in str(refused.reason)


def test_alert_generation(repository: Path, tmp_path: Path) -> None:
    with slack_webhook() as slack:
        routes = (
            "route: {receiver: team, group_wait: 0s}\n"
            f"receivers: [{{name: team, webhook_configs: [{{url: '{slack.url}'}}]}}]\n"
        )
        with servers.alertmanager(tmp_path / "alertmanager", routes) as server:
            config = tmp_path / "alignwatch.yaml"
            config.write_text(f"report: {{alertmanager: {{url: '{server.url}'}}}}\n")
            framework = MaintenanceMonitoringFramework(repository, config)
            result = framework.send_alert(Alert(severity="critical", message="It burns", labels={"a": "b"}))
            assert (result.status, result.reason) == ("sent", "")
            wait_until(lambda: bool(slack.messages), "the webhook")
    (alert,) = slack.messages[0]["alerts"]
    assert alert["labels"] == {
        "alertname": "AlignmentAlert",
        "severity": "critical",
        "repository": "app",
        "a": "b",
    }
    assert alert["annotations"]["summary"] == "It burns"


def test_diagnostic_tools(framework: MaintenanceMonitoringFramework, repository: Path) -> None:
    report = framework.run_diagnostics()
    assert report.results
    assert {one.status for one in report.results} <= {"ok", "skipped", "warning"}
    (repository / ".git" / "refs" / "heads" / "broken").write_text("nonsense\n")
    assert framework.run_diagnostics().verdict == "unhealthy"


def test_the_report_without_prometheus(
    unheard: MaintenanceMonitoringFramework, journal: Journal, repository: Path
) -> None:
    now = time.time()
    sent = SentAlert("firing", {"alertname": "AlignmentX", "severity": "warning"}, now - 60, None)
    heartbeat = SentAlert("firing", {"alertname": "AlignmentHeartbeat", "severity": "none"}, now - 60, None)
    journal.note_notification("email", "firing", [sent, heartbeat])
    journal.note_notification("slack", "firing", [sent])
    unheard.send_alert(Alert(severity="info", message="It waits"))
    report = unheard.generate_monitoring_report()
    jsonschema.validate(report.as_dict(), report_schema())
    assert json.loads(report.as_json()) == report.as_dict()
    assert (report.source, report.notes) == ("journal", ())
    assert report.performance_metrics == unheard.collect_performance_metrics()
    assert [(one.severity, one.message, one.status) for one in report.alerts_generated] == [
        ("warning", "AlignmentX", "sent"),
        ("info", "It waits", "queued"),
    ]
    assert report.maintenance_schedule.cleanup_frequency == "daily"
    assert "log_rotation" in report.maintenance_schedule.automated_tasks
    assert report.health_status.repository_health == "optimal"


def test_the_report_from_prometheus_and_what_it_says_when_that_is_away(
    repository: Path, tmp_path: Path, nowhere: str
) -> None:
    history = History(end=time.time() - 1)
    history.scraped("alignment_build_info", [1] * 40, version="0")
    history.scraped("up", [1] * 40)
    config = tmp_path / "alignwatch.yaml"
    with servers.prometheus(tmp_path / "prometheus", history=history.openmetrics()) as server:
        config.write_text(
            f"report: {{prometheus: {{url: '{server.url}'}}, alertmanager: {{url: '{nowhere}'}}}}\n"
        )
        report = MaintenanceMonitoringFramework(repository, config).generate_monitoring_report(window="1h")
        assert report.source == "prometheus"
        assert report.health_status.repository_health == "unknown"
        jsonschema.validate(report.as_dict(), report_schema())
    config.write_text(f"report: {{prometheus: {{url: '{nowhere}'}}}}\n")
    report = MaintenanceMonitoringFramework(repository, config).generate_monitoring_report()
    assert (report.source, report.health_status.repository_health) == ("journal", "optimal")
    (note,) = report.notes
    assert note.startswith("made without Prometheus: Prometheus at ")


def test_the_configuration_of_the_project_holds_in_every_work_tree(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "linked"), "feature/far")
    config = tmp_path / "alignwatch.yaml"
    config.write_text(f"repositories: [{{path: {tmp_path / 'x'}}}, {{path: {repository}, name: shop}}]\n")
    (repository / "deep").mkdir()
    for folder in (repository, repository / "deep", tmp_path / "linked", str(repository)):
        assert MaintenanceMonitoringFramework(folder, config).repository == "shop"


def test_a_linked_work_tree_is_the_same_project_without_a_configuration_too(
    repository: Path, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "--quiet", str(linked), "feature/far")
    for folder in (repository, linked):
        with Tracker(repository=folder).operation("align", branch="feature/far", target="main"):
            pass
    for folder in (repository, linked):
        framework = MaintenanceMonitoringFramework(folder)
        assert framework.repository == "app"
        assert framework.collect_performance_metrics().alignment_operations.total_executed == 2


def test_threads_share_it(framework: MaintenanceMonitoringFramework) -> None:
    with ThreadPoolExecutor(8) as threads:
        calls = [
            threads.submit(call)
            for call in (
                framework.check_system_health,
                framework.collect_performance_metrics,
                framework.generate_monitoring_report,
                framework.get_resource_usage,
            )
            for _ in range(2)
        ]
        assert all(call.result() for call in calls)


def test_a_project_that_the_configuration_does_not_name(repository: Path, tmp_path: Path) -> None:
    config = tmp_path / "alignwatch.yaml"
    config.write_text(f"repositories: [{{path: {tmp_path / 'x'}}}]\n")
    assert MaintenanceMonitoringFramework(repository, str(config)).repository == "app"


def test_wrong_use_is_said_in_one_line(
    framework: MaintenanceMonitoringFramework, repository: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("monitoring: {health_check_interval_seconds: soon}\n")
    nowhere = tmp_path / "empty"
    nowhere.mkdir()
    cases: list[tuple[type[AlignwatchError], Any]] = [
        (UsageError, lambda: MaintenanceMonitoringFramework(nowhere)),
        (UsageError, lambda: MaintenanceMonitoringFramework(repository / "mistyped")),
        (UsageError, lambda: MaintenanceMonitoringFramework("no\0path")),
        (ConfigurationError, lambda: MaintenanceMonitoringFramework(repository, wrong)),
        (ConfigurationError, lambda: MaintenanceMonitoringFramework(repository, tmp_path / "none.yaml")),
        (UsageError, lambda: framework.collect_performance_metrics(window="a while")),
        (UsageError, lambda: framework.send_alert(Alert(severity="loud", message="x"))),
        (UsageError, lambda: framework.profile(baseline="0d")),
    ]
    for kind, wrongly in cases:
        with pytest.raises(kind) as raised:
            wrongly()
        assert len(str(raised.value).splitlines()) == 1
        assert issubclass(kind, AlignwatchError)


def test_a_journal_that_cannot_be_used(unheard: MaintenanceMonitoringFramework) -> None:
    Path(os.environ["ALIGNWATCH_STATE_DIR"]).write_text("a file where a folder should be")
    with pytest.raises(AlignwatchError):
        unheard.collect_performance_metrics()
    assert unheard.send_alert(Alert(severity="info", message="x")).status == "failed"


def test_what_is_imported_is_imported_when_asked_for() -> None:
    code = "import alignwatch, sys; print('msgspec' in sys.modules, alignwatch.Tracker.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False Tracker\n"
    assert alignwatch.Tracker is Tracker
    assert set(alignwatch.__all__) <= set(dir(alignwatch))
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = alignwatch.Nothing


@pytest.mark.usefixtures("journal")
def test_every_example_of_the_documentation_runs(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    for example in examples("docs/framework.md", "python"):
        text = example.text.replace("/srv/git/app", str(repository))
        exec(compile("\n" * (example.line - 1) + text, example.document, "exec"), names)
    said = capsys.readouterr().out
    assert "alignments are slow" in said
    assert json.loads(said.splitlines()[-1])["health_status"]["repository_health"] == "optimal"


def test_results_are_frozen_and_go_through_json(framework: MaintenanceMonitoringFramework) -> None:
    for result in (
        framework.collect_performance_metrics(),
        framework.profile(),
        framework.check_system_health(),
    ):
        assert type(result) is type(msgspec.json.decode(msgspec.json.encode(result), type=type(result)))
