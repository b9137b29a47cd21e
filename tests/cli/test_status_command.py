import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alignwatch.cli import main
from alignwatch.cli.common import settings_for
from alignwatch.cli.status import parser
from alignwatch.git.command import Git
from alignwatch.journal.events import Event
from alignwatch.journal.notices import Notices
from alignwatch.journal.store import Journal
from alignwatch.probes import cache_dir
from alignwatch.probes.fsck import FsckProbe
from alignwatch.settings import Fsck
from alignwatch.state_dir import default_state_dir, journal_path
from support.journals import operation
from support.repositories import git

LENIENT = (
    "monitoring: {alert_thresholds: {cpu_percent: 100, memory_percent: 99.9, memory_critical_percent: 100,"
    " disk_percent: 99.9, disk_critical_percent: 100}}\n"
)
"""The machine that runs the tests is not under test."""


@pytest.fixture
def config(repository: Path, tmp_path: Path) -> str:
    path = tmp_path / "alignwatch.yaml"
    path.write_text(LENIENT + f"repositories: [{{path: {repository}, name: app}}]\n")
    return str(path)


def test_a_healthy_repository_exits_with_0(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--config", config]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].startswith("healthy")
    assert "5: 2 merged, 1 aligned, 1 behind, 1 orphan" in printed


def test_json_says_the_same(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--config", config, "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert status["verdict"] == "healthy"
    assert status["repositories"][0]["branches"] == {"merged": 2, "aligned": 1, "behind": 1, "orphan": 1}
    assert 0 <= status["host"]["cpu_percent"] <= 100


def test_a_vanished_repository_exits_with_3(
    config: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(repository)
    assert main(["status", "--config", config]) == 3
    assert "unreachable" in capsys.readouterr().out


def test_a_warning_exits_with_4(config: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / ".git" / "gc.log").write_text("fatal: no\n")
    assert main(["status", "--config", config]) == 4
    assert "gc.log" in capsys.readouterr().out


def test_what_fsck_found_last_counts(
    config: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = git(repository, "hash-object", "-w", "--stdin", stdin=b"x")
    path = repository / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(b"nonsense")
    settings = settings_for(parser("status").parse_args(["--config", config]))
    FsckProbe(Git(), repository, Fsck(), cache_dir(settings)).read()
    assert main(["status", "--config", config]) == 3
    assert "git fsck found damage (object)" in capsys.readouterr().out


def test_no_repository_at_hand_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["status"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_what_has_happened_lately(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Journal(journal_path(default_state_dir())) as journal:
        journal.record(operation("a", branch="\x1b[31mred"))
        journal.record(operation("b", repository="elsewhere"))
        event = Event("app", "emptied", "main", None, "3" * 40, "2" * 40, ("a",), 1, "why", time.time())
        journal.note_events("app", [event])
    with Notices(journal_path(default_state_dir())) as notices:
        notices.note(
            "health_changed", "app", "repository", '{"was": "optimal", "is": "corrupt"}', time.time()
        )
        notices.note("new_kind", "", "x", "{}", time.time())
        notices.note("operation_ended", "app", "pruned", "success", time.time())
    assert main(["status", "--config", config, "--since", "1h"]) == 0
    lines = capsys.readouterr().out.partition("lately\n")[2].splitlines()
    assert [line.partition("Z  ")[2] for line in lines] == [
        "app: ? of ? onto ?: ?",
        "the machine: {'of': 'x'}",
        "app: repository: optimal, now corrupt",
        "app: main: emptied: why",
        "app: rebase of \\x1b[31mred onto main: success",
    ]
    assert main(["status", "--config", config, "--since", "1h", "--json"]) == 0
    events = json.loads(capsys.readouterr().out)["events"]
    assert [one["event"] for one in events][-1] == "operation_ended"
    assert main(["status", "--config", config, "--since", "a while"]) == 2


def test_nothing_has_happened(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--config", config, "--since", "1h"]) == 0
    assert capsys.readouterr().out.endswith("lately\n  nothing has happened\n")


def test_watching_goes_on_until_ctrl_c(config: str, tmp_path: Path, repository: Path) -> None:
    command = [sys.executable, "-m", "alignwatch", "status", "--config", config, "--watch", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        shutil.rmtree(repository)
        seen = next(line for line in process.stdout if line.startswith("unhealthy"))
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 3
    assert (first.split()[0], seen.split()[0]) == ("healthy", "unhealthy")


@pytest.mark.parametrize("pause", ["0", "soon", "1e9"])
def test_a_pause_that_cannot_be(config: str, pause: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["status", "--config", config, "--watch", pause])
    assert "--watch" in capsys.readouterr().err
