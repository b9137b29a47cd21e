"""``alignwatch trace`` as a person calls it."""

import json
import os
import threading
from pathlib import Path

import pytest

from alignwatch.cli import main
from alignwatch.journal.store import Journal
from alignwatch.state_dir import journal_path, trace_folder
from alignwatch.tracking.trace import installation
from alignwatch.tracking.trace.folder import OVERFLOW
from alignwatch.tracking.trace.installation import Installation
from alignwatch.tracking.trace.listener import TraceListener


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's git configuration; the working directory is in no repository."""
    file = tmp_path / "gitconfig"
    file.write_text("")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(file))
    monkeypatch.chdir(tmp_path)
    return file


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads, and nobody waits for it."""
    monkeypatch.setattr(installation, "PATIENCE_SECONDS", 0.0)


@pytest.fixture
def folder() -> Path:
    return trace_folder(Path(os.environ["ALIGNWATCH_STATE_DIR"]))


@pytest.mark.usefixtures("impatient")
def test_installed_and_removed(config: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "status"]) == 3
    assert "install one with: alignwatch trace install" in capsys.readouterr().out
    assert main(["trace", "install"]) == 0
    assert f"eventTarget = {folder}/" in config.read_text()
    assert main(["trace", "install"]) == 0
    assert "already" in capsys.readouterr().out
    assert main(["trace", "status"]) == 4
    out = capsys.readouterr().out
    assert f"target   {folder}/ (global, file:{config})" in out
    assert "events   arrive and are not read: no exporter runs" in out
    assert main(["trace", "uninstall"]) == 0
    assert config.read_text() == ""
    assert main(["trace", "uninstall"]) == 0
    assert "not installed (global)" in capsys.readouterr().out


def test_another_target_is_left_alone(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("[trace2]\n\teventTarget = /elsewhere\n")
    assert main(["trace", "install"]) == 2
    assert "trace2.eventTarget is /elsewhere already" in capsys.readouterr().err
    assert main(["trace", "status"]) == 3
    assert "/elsewhere (global" in capsys.readouterr().out


def test_for_everybody(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(tmp_path / "system"))
    assert main(["trace", "install", "--system", "--state-dir", str(tmp_path / "other")]) == 0
    assert f"chmod o+x {tmp_path / 'other'}" in capsys.readouterr().out
    assert f"{tmp_path / 'other'}/trace2/" in (tmp_path / "system").read_text()
    assert config.read_text() == ""


def test_the_state_of_things_for_scripts(
    config: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", "install"]) == 0
    monkeypatch.setattr(installation, "PATIENCE_SECONDS", 60.0)
    is_taken = Installation._is_taken
    with Journal(journal_path(folder.parent)) as journal:
        looking = threading.Thread(target=TraceListener(folder, journal, [], lambda: 0.0).look)

        def looked_for(self: Installation, name: str) -> bool:
            looking.start()  # Any sooner it might take the file away before that is found.
            return is_taken(self, name)

        monkeypatch.setattr(Installation, "_is_taken", looked_for)
        capsys.readouterr()
        assert main(["trace", "status", "--json"]) == 0
        looking.join()
    status = json.loads(capsys.readouterr().out)
    target = {"scope": "global", "origin": f"file:{config}", "value": f"{folder}/", "ours": True}
    assert status == {
        "folder": str(folder),
        "targets": [target],
        "arrives": True,
        "read": True,
        "waiting": 0,
        "overflowed_since": None,
    }
    monkeypatch.setenv("GIT_TRACE2_EVENT", "0")
    assert main(["trace", "status"]) == 3
    assert "$GIT_TRACE2_EVENT is 0 here, which comes first" in capsys.readouterr().out


def test_too_many_files_are_said(config: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "install"]) == 0
    (folder / OVERFLOW).touch()  # git writes nothing while this is there.
    assert main(["trace", "status"]) == 3
    assert "commands since then are missing" in capsys.readouterr().out


def test_a_configuration_names_the_state_folder(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "alignwatch.yaml"
    file.write_text(f"state_dir: {tmp_path / 'chosen'}\nrepositories: [{{path: {tmp_path}}}]\n")
    assert main(["trace", "install", "--config", str(file)]) == 0
    assert f"{tmp_path / 'chosen'}/trace2/" in config.read_text()
