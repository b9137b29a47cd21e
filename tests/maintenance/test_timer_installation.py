import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from alignwatch.errors import AlignwatchError, UsageError
from alignwatch.maintenance.installation import (
    Installation,
    Scope,
    cron_line,
    runner_command,
    unit_folder,
)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemctl that notes how it was called, and fails if a file says so."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "systemctl"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n'
        f"[ -e {tmp_path}/fail ] && {{ echo 'Failed to connect to bus' >&2; exit 1; }}\nexit 0\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return tmp_path / "calls"


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return tmp_path / "units"


def test_install_writes_and_enables_and_uninstall_removes_exactly_that(calls: Path, units: Path) -> None:
    units.mkdir()
    (units / "other.timer").write_text("[Timer]\n")
    installation = Installation(Scope.USER, units)
    installation.install(runner_command(Path("/etc/a b.yaml"), Path("/var/lib/alignwatch")), Path("/srv"))
    service = installation.service.read_text()
    assert '"/etc/a b.yaml" "--state-dir" "/var/lib/alignwatch"' in service
    assert "OnCalendar=*:0/5" in installation.timer.read_text()
    assert installation.uninstall()
    assert [unit.name for unit in units.iterdir()] == ["other.timer"]
    assert not installation.uninstall()
    assert calls.read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable --now alignwatch-maintenance.timer",
        "--user disable --now alignwatch-maintenance.timer",
        "--user daemon-reload",
    ]


def test_a_unit_of_somebody_else_stays(calls: Path, units: Path) -> None:
    installation = Installation(Scope.SYSTEM, units)
    units.mkdir()
    installation.timer.write_text("[Timer]\nOnCalendar=daily\n")
    with pytest.raises(UsageError, match="was not written by us"):
        installation.install(("true",), Path("/"))
    assert not installation.uninstall()
    assert installation.timer.exists()
    assert not calls.exists()


def test_a_systemd_that_refuses_is_quoted(calls: Path, units: Path, tmp_path: Path) -> None:
    (tmp_path / "fail").touch()
    with pytest.raises(AlignwatchError, match="systemctl --user daemon-reload: Failed to connect to bus"):
        Installation(Scope.USER, units).install(("true",), Path("/"))


def test_without_systemd_the_remedy_is_cron(units: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(AlignwatchError, match="install --print-cron"):
        Installation(Scope.USER, units).install(("true",), Path("/"))


def test_nothing_stays_where_systemd_refuses(calls: Path, units: Path, tmp_path: Path) -> None:
    installation = Installation(Scope.USER, units)
    (tmp_path / "fail").touch()
    with pytest.raises(AlignwatchError, match="Failed to connect to bus; without systemd"):
        installation.install(("true",), Path("/"))
    assert list(units.iterdir()) == []
    (tmp_path / "fail").unlink()
    installation.install(("true",), Path("/"))
    (tmp_path / "fail").touch()
    with pytest.raises(AlignwatchError):
        installation.install(("false",), Path("/"))
    assert installation.timer.exists(), "one that was at work goes on"


@pytest.mark.parametrize("name", ["a\nExecStartPre=/bin/evil", "a\r* * * * * evil", "\udcff", "a\x7f"])
def test_a_name_that_would_be_more_than_a_name_is_refused(calls: Path, units: Path, name: str) -> None:
    for command, folder in ((("true", name), Path("/")), (("true",), Path("/") / name)):
        with pytest.raises(UsageError, match="no timer can be told of it"):
            Installation(Scope.USER, units).install(command, folder)
        with pytest.raises(UsageError, match="no timer can be told of it"):
            cron_line(command, folder)
    assert not units.exists()
    assert not calls.exists()


def test_units_are_where_systemd_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert unit_folder(Scope.SYSTEM) == Path("/etc/systemd/system")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert unit_folder(Scope.USER) == tmp_path / "systemd" / "user"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert unit_folder(Scope.USER) == Path("/home/me/.config/systemd/user")


def as_cron_reads(command: str) -> str:
    """What Debian's cron gives to the shell, see its do_command.c: cronie leaves other backslashes alone."""
    read = re.sub(r"\\([%\\])", r"\1", command)
    assert len(re.findall(r"(?<!\\)%", re.sub(r"\\.", "", command))) == 0, "the rest would be its input"
    return read


@pytest.mark.parametrize("reads", [as_cron_reads, lambda command: command.replace(r"\%", "%")])
@pytest.mark.parametrize("name", ["50 % 'of' $HOME", "back\\", r"a\\b\%c\\%", "%", " "])
def test_a_cron_line_is_one_shell_command_whatever_the_path(
    tmp_path: Path, name: str, reads: Callable[[str], str]
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    line = cron_line(("printf", r"%s\n", "a b", "$x", "100%", r"a\\b", r"\%"), folder)
    schedule, shell = line[:11], line[12:]
    assert schedule == "*/5 * * * *"
    done = subprocess.run(["sh", "-c", reads(shell) + "; pwd"], capture_output=True, check=True)
    assert done.stdout.decode().splitlines() == ["a b", "$x", "100%", r"a\\b", r"\%", str(folder)]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_units(
    calls: Path, units: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = Installation(Scope.SYSTEM, units)
    folder = tmp_path / "100 % $x 'a' \\"
    folder.mkdir()
    installation.install(("/bin/echo", "a b", "100%", "$x", 'quo"te'), folder)
    assert "\\/\n" in installation.service.read_text(), "no backslash joins two lines"
    monkeypatch.undo()
    command = ["systemd-analyze", "verify", str(installation.service), str(installation.timer)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
