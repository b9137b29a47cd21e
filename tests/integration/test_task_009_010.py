"""The alignment code reports its runs; operations, metrics, events and the report say what it did."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from alignwatch import MaintenanceMonitoringFramework, Tracker
from alignwatch.assets import asset
from alignwatch.rendering import render_prometheus
from alignwatch.report.schema import report_schema
from alignwatch.settings import Settings
from support import servers
from support.exporting import QUICK, Exporter, exporter
from support.orchestrator import Orchestrator, Report, as_lines
from support.repositories import Commit, git, import_history, new_repository


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Branches that align, conflict, and need nothing."""
    made = new_repository(tmp_path / "app")
    history = [
        Commit("base", files={"f": "base\n"}),
        Commit("main", ["base"], {"f": "main\n"}),
        Commit("easy", ["base"], {"g": "easy\n"}),
        Commit("hard", ["base"], {"f": "hard\n"}),
        Commit("done", ["main"], {"h": "done\n"}),
    ]
    names = {"feature/easy": "easy", "feature/hard": "hard", "feature/harder": "hard", "feature/done": "done"}
    import_history(made, history, {"main": "main", **names, "feature/left": "easy"})
    git(made, "reset", "--quiet", "--hard")
    return made


def record(project: Path, config: Path, *reports: Report) -> None:
    command = [sys.executable, "-m", "alignwatch", "record", "--config", str(config), "-"]
    subprocess.run(command, cwd=project, input=as_lines(list(reports)), text=True, check=True)


def counted(running: Exporter) -> dict[str, float]:
    outcomes = ("success", "not_needed", "conflict", "rolled_back", "failed")
    counts = {one: running.count_of("align", one) for one in outcomes}
    return {outcome: count for outcome, count in counts.items() if count}


def test_its_runs_are_operations_metrics_and_a_report(project: Path, tmp_path: Path) -> None:
    config = tmp_path / "alignwatch.yaml"
    config.write_text(f"{QUICK}repositories: [{{path: {project}, name: app}}]\n")
    code = Orchestrator(project)
    with exporter(config) as running:
        scraping = render_prometheus(
            Settings(),
            exporter=running.url.removeprefix("http://").rstrip("/"),
            alertmanager=None,
            prometheus=None,
            rules=asset("rules"),
            scrape_interval_seconds=1,
        )
        with servers.prometheus(tmp_path / "prometheus", scraping) as prometheus:
            # What ran before Prometheus first looked is of another time.
            running.wait_for(lambda: rendered(prometheus.url))
            reports = [
                code.align_branch("feature/easy", "main"),
                code.align_branch("feature/done", "main"),
                code.align_branch("feature/hard", "main"),
            ]
            reports.append(code.resume(reports[2], "both\n"))
            reports.append(code.align_branch("feature/harder", "main"))
            reports.append(code.abort(reports[4]))
            reports.append(code.pretend("feature/left", "main"))
            record(project, config, *reports)
            record(project, config, reports[0])
            expected = {"success": 3.0, "not_needed": 1.0, "conflict": 2.0, "rolled_back": 1.0}
            running.wait_for(lambda: counted(running) == expected)
            running.wait_for(lambda: refused(running) == 1)
            waited = running.sample(
                "alignment_operation_waiting_seconds_total", repository="app", operation="align"
            )
            assert waited == pytest.approx(breakdown(reports[3])["conflict_resolution"])
            running.wait_for(lambda: executed(prometheus.url) == (7, pytest.approx(3 / 7, abs=1e-6)))
            report = rendered(prometheus.url)
    jsonschema.validate(report, report_schema())
    framework = MaintenanceMonitoringFramework(project, config)
    rebasing = framework.get_component_performance()["rebase_operation"]
    assert rebasing.number == 2
    assert rebasing.total_time == pytest.approx(
        breakdown(reports[0])["rebase_operation"] + breakdown(reports[3])["rebase_operation"], rel=1e-6
    )


def test_the_same_through_the_python_api(project: Path, tmp_path: Path) -> None:
    """As Task 009 may do it from inside: a run is an operation, with its pause and its retry."""
    tracker = Tracker(project)
    code = Orchestrator(project)
    for attempt in (1, 2):
        with tracker.operation("align", branch="feature/hard", target="main") as run:
            with run.phase("rebase_operation"):
                said = code.align_branch("feature/hard", "main")
            if attempt == 1:
                run.outcome = "conflict"
                code.abort(said)
            else:
                with run.waiting():
                    code.resume(said, "both\n")
    tracker.close()
    figures = MaintenanceMonitoringFramework(project).collect_performance_metrics()
    assert figures.alignment_operations.total_executed == 2
    assert figures.alignment_operations.success_rate == 0.5


def breakdown(report: Report) -> dict[str, float]:
    found: dict[str, float] = report["performance_metrics"]["breakdown"]
    return found


def refused(running: Exporter) -> float:
    """How many of its claims git does not confirm."""
    name = "alignment_operations_unverified_total{"
    lines = [line for line in running.get("/metrics").splitlines() if line.startswith(name)]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def rendered(prometheus: str) -> dict[str, Any] | None:
    """The report, once Prometheus knows of the exporter."""
    code = "from alignwatch.cli import render_report; raise SystemExit(render_report())"
    command = [sys.executable, "-c", code, "--prometheus", prometheus, "--window", "15m"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode else json.loads(done.stdout)


def executed(prometheus: str) -> Any:
    """How many operations the report holds, and the share of them that succeeded."""
    report = rendered(prometheus)
    if report is None:
        return None
    operations = report["performance_metrics"]["alignment_operations"]
    return operations["total_executed"], operations["success_rate"]
