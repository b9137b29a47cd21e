"""The exporter as a process of its own: what a service manager and a Prometheus see."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from alignwatch.journal.running import Running
from alignwatch.journal.store import Journal
from alignwatch.operation import Evidence, Kind, Operation, Outcome
from alignwatch.state_dir import journal_path
from support.exporting import QUICK, Exporter, exporter
from support.repositories import git


@pytest.fixture
def config(repository: Path, tmp_path: Path) -> Path:
    path = tmp_path / "alignwatch.yaml"
    shutil.copytree(repository, tmp_path / "lib")
    path.write_text(
        QUICK
        + f"repositories:\n  - {{path: {repository}, name: app}}\n  - {{path: {tmp_path}/lib, name: lib}}\n"
    )
    return path


def test_a_life(config: Path, repository: Path, tmp_path: Path) -> None:
    with exporter(config) as running:
        running.wait_for(lambda: running.get("/-/ready").startswith("ready"))
        page = running.get("/metrics")
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=page, text=True, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert json.loads(running.get("/api/v1/status"))["repositories"][0]["repository"] == "app"
        running.wait_for(lambda: len(json.loads(running.get("/api/v1/branches"))) == 10)

        git(repository, "branch", "-D", "orphan")
        orphans = {"repository": "app", "target": "main", "family": "other", "state": "orphan"}
        running.wait_for(lambda: running.sample("alignment_branches", **orphans) == 0)

        # At once: without its ".git" alone it would be another fault.
        (tmp_path / "lib").rename(tmp_path / "gone")
        running.wait_for(lambda: running.unreachable("lib"))
        assert not running.unreachable("app")
        assert "lib: no such folder" in running.log()

        operation = Operation("a", "app", Kind.REBASE, "x", "main", time.time() - 2, 2.0, Outcome.SUCCESS)
        with Journal(journal_path(tmp_path / "state")) as journal:
            journal.record(operation)
        running.wait_for(lambda: running.count_of("rebase", "success") == 1)

        running.signal(signal.SIGTERM)
        assert running.process.wait(10) == 0
        assert "stopped" in running.log()


def test_totals_go_on_after_a_restart(config: Path, tmp_path: Path) -> None:
    operation = Operation("a", "app", Kind.MERGE, "x", "main", time.time() - 2, 2.0, Outcome.FAILED)
    with Journal(journal_path(tmp_path / "state")) as journal:
        journal.record(operation)
    for _ in range(2):
        with exporter(config) as running:
            running.wait_for(lambda: running.count_of("merge", "failed") == 1)
            running.signal(signal.SIGINT)
            assert running.process.wait(10) == 0


def test_trends_and_what_is_in_flight_are_found_in_the_journal(config: Path, tmp_path: Path) -> None:
    now, day = time.time(), 86400
    with Journal(journal_path(tmp_path / "state")) as journal:
        for age in range(1, 31):
            seconds = 9 * 1.1 ** (-age / 7)
            started = now - age * day
            journal.record(
                Operation(str(age), "app", Kind.MERGE, "x", "main", started, seconds, Outcome.SUCCESS)
            )
        journal.begin(Running("z", "app", "merge", "x", "main", now - 60, "api", None))
    with exporter(config) as running:
        merges = {"repository": "app", "operation": "merge"}
        running.wait_for(lambda: running.sample("alignment_operation_trend_samples", **merges) == 30)
        ratio = running.sample("alignment_operation_trend_ratio_per_week", **merges)
        assert ratio == pytest.approx(0.1)
        assert running.sample("alignment_operations_in_flight", **merges) == 1


def test_a_new_configuration_is_taken_and_a_wrong_one_refused(config: Path, repository: Path) -> None:
    cpu = {"threshold": "cpu_ratio", "repository": "", "operation": "", "phase": ""}
    reloaded = "alignment_config_last_reload_successful"
    good = config.read_text()
    with exporter(config) as running:
        running.wait_for(lambda: running.sample("alignment_threshold", **cpu) == 0.8)
        config.write_text(
            "monitoring: {alert_thresholds: {cpu_percent: 70}}\n"
            + f"repositories: [{{path: {repository}}}]\n"
        )
        running.signal(signal.SIGHUP)
        running.wait_for(lambda: running.sample("alignment_threshold", **cpu) == 0.7)
        assert 'repository="lib"' not in running.get("/metrics")

        config.write_text("monitorin: {}\n")
        running.signal(signal.SIGHUP)
        running.wait_for(lambda: running.sample(reloaded) == 0)
        assert running.sample("alignment_threshold", **cpu) == 0.7
        assert "configuration refused, the old one stays" in running.log()
        assert "monitorin" in running.log()
        running.wait_for(lambda: "the new configuration was refused" in session(running)["reasons"])
        assert session(running)["state"] == "degraded"
        assert "takes effect at the next start" not in running.log()

        config.write_text(good + "web: {telemetry_path: /elsewhere}\n")
        running.signal(signal.SIGHUP)
        running.wait_for(lambda: running.sample(reloaded) == 1)
        assert running.sample("alignment_threshold", **cpu) == 0.8
        assert "web: a change takes effect at the next start" in running.log()


def test_a_wrong_configuration_at_the_start_is_one_line(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("web: {listen_addresses: [nonsense]}\n")
    done = subprocess.run(
        [sys.executable, "-m", "alignwatch", "serve", "--config", str(wrong)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_corrupt_journal_is_put_aside_and_recording_goes_on(config: Path, tmp_path: Path) -> None:
    journal = journal_path(tmp_path / "state")
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"nonsense" * 1000)
    with exporter(config) as running:
        running.wait_for(lambda: running.sample("alignment_journal_success") == 1)
        assert list(journal.parent.glob("journal.sqlite3.corrupt-*"))


def test_an_unusable_journal_is_a_metric_and_the_rest_goes_on(config: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    with exporter(config) as running:
        running.wait_for(lambda: running.sample("alignment_journal_success") == 0)
        running.wait_for(
            lambda: running.sample("alignment_probe_success", probe="divergence", repository="app")
        )
        assert running.log().count("ERROR alignwatch.journal") == 1
        running.wait_for(lambda: "the journal cannot be read" in session(running)["reasons"])


def test_without_git_it_runs_and_says_so(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with exporter(config) as running:
        running.wait_for(lambda: 'gitversion="none"' in running.get("/metrics"))
        running.wait_for(lambda: running.unreachable("app"))
        assert "no 'git'" in running.log()


def test_a_success_that_git_does_not_confirm_is_counted_and_logged(
    config: Path, repository: Path, tmp_path: Path
) -> None:
    far, main = (git(repository, "rev-parse", branch) for branch in ("feature/far", "main"))
    operation = Operation(
        *("fake", "app", Kind.MERGE, "feature/far", "main", time.time() - 2, 2.0, Outcome.SUCCESS),
        evidence=Evidence(far, far, main, left_in_progress=False, target_before=main),
    )
    labels = {"repository": "app", "operation": "merge", "target": "main", "reason": "not_contained"}
    with exporter(config) as running:
        counted = "alignment_operations_unverified_total"
        running.wait_for(lambda: running.sample(counted, **labels) == 0)
        with Journal(journal_path(tmp_path / "state")) as journal:
            journal.record(operation)
        running.wait_for(lambda: running.sample(counted, **labels) == 1)
        # It is counted first.
        doubted = "git does not confirm that operation 'fake' succeeded"
        running.wait_for(lambda: running.log().count(doubted) == 1)


def test_the_watched_repository_is_byte_for_byte_the_same(config: Path, repository: Path) -> None:
    git(repository, "checkout", "--quiet", "main")
    git(repository, "config", "core.fsmonitor", "touch ran-the-monitor")
    before = files_of(repository)
    with exporter(config) as running:
        looked = "alignment_probe_last_success_timestamp_seconds"
        first = running.wait_for(lambda: running.sample(looked, probe="divergence", repository="app"))
        running.wait_for(
            lambda: running.sample("alignment_repository_fsck_timestamp_seconds", repository="app")
        )
        running.wait_for(
            lambda: running.sample("alignment_forecast_pairs", repository="app", state="done") == 1
        )
        assert running.sample("alignment_branches", **FAR, state="clean") == 1
        assert '"conflict_files":0' in running.get("/api/v1/branches?branch=feature/far")
        running.wait_for(
            lambda: (running.sample(looked, probe="divergence", repository="app") or 0) > first + 2
        )
    assert files_of(repository) == before


def session(running: Exporter) -> dict[str, Any]:
    """What it says of itself."""
    said: dict[str, Any] = json.loads(running.get("/api/v1/status"))["session"]
    return said


FAR = {"repository": "app", "target": "main", "family": "feature"}


def files_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of every file."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }
