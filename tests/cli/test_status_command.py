import json
import shutil
from pathlib import Path

import pytest

from alignwatch.cli import main
from alignwatch.cli.common import settings_for
from alignwatch.cli.status import parser
from alignwatch.git.command import Git
from alignwatch.probes import cache_dir
from alignwatch.probes.fsck import FsckProbe
from alignwatch.settings import Fsck
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
