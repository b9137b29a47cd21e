import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from alignwatch.assets import asset
from alignwatch.cli import VERBS

UNIT = asset("deploy", "systemd", "alignwatch.service")
HIGHEST_EXPOSURE = 15
"""Tenths: 1.5 of 10, which systemd calls OK."""

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, check=False
    )


def service() -> configparser.SectionProxy:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read(UNIT)
    return unit["Service"]


@needs_systemd
def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    program = shutil.which("true")
    assert program
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={program}", UNIT.read_text()))
    done = analyze("verify", "--man=no", copy)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_systemd
def test_the_service_is_confined() -> None:
    done = analyze("security", "--offline=true", f"--threshold={HIGHEST_EXPOSURE}", UNIT)
    assert done.returncode == 0, done.stdout


def test_it_runs_the_exporter_by_the_path_that_the_instructions_install() -> None:
    program, verb, *options = service()["ExecStart"].split()
    assert verb in VERBS
    assert options == ["--config", "/etc/alignwatch/alignwatch.yaml"]
    instructions = (UNIT.parent / "README.md").read_text()
    assert f"{program} config check {options[1]}" in instructions
    assert service()["Environment"].removeprefix("GIT_CONFIG_GLOBAL=") in instructions


def test_the_state_folder_is_the_one_place_it_writes_to() -> None:
    assert service()["ProtectSystem"] == "strict"
    assert service()["StateDirectory"] == "alignwatch"
    assert "ReadWritePaths" not in service()


def test_the_probes_can_see_processes_and_the_machines_figures() -> None:
    assert service()["ProtectProc"] == "default"
    assert service()["ProcSubset"] == "all"
