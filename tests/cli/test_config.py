import json
from pathlib import Path

import pytest

from alignwatch.assets import asset
from alignwatch.cli import main
from alignwatch.errors import ExitCode
from alignwatch.settings.schema import schema_text

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "alignwatch.yaml"


def test_a_right_file_is_ok(file: Path, capsys: Printed) -> None:
    file.write_text("monitoring: {log_level: DEBUG}\n")
    assert main(["config", "check", str(file)]) == ExitCode.OK
    assert capsys.readouterr() == (f"{file}: ok\n", "")


def test_every_fault_has_a_line(file: Path, capsys: Printed) -> None:
    file.write_text("monitoring: {log_level: info}\nmaintenance:\n  window_start: 22:00\n")
    assert main(["config", "check", str(file)]) == ExitCode.USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        f"{file}:1: monitoring.log_level: expected one of DEBUG, ERROR, INFO, WARNING, "
        'got "info"; write INFO',
        f'{file}:3: maintenance.window_start: 22:00 without quotes is the number 1320 to YAML; write "22:00"',
    ]


def test_warnings_are_marked_and_do_not_fail(file: Path, capsys: Printed) -> None:
    file.write_text("repositories:\n  - path: gone\n")
    assert main(["config", "check", str(file)]) == ExitCode.OK
    printed = capsys.readouterr()
    assert printed.out == f"{file}: ok\n"
    assert printed.err.startswith(f"{file}:2: warning: repositories[0].path: there is no such folder")


def test_a_missing_file_is_one_fault(file: Path, capsys: Printed) -> None:
    assert main(["config", "check", str(file)]) == ExitCode.USAGE
    assert capsys.readouterr().err == (
        f"{file}: cannot be read: no such file or directory; give the path of a configuration file\n"
    )


def test_json_holds_what_the_lines_say(file: Path, capsys: Printed) -> None:
    file.write_text("monitoring:\n  log_levl: INFO\n")
    assert main(["config", "check", "--json", str(file)]) == ExitCode.USAGE
    assert json.loads(capsys.readouterr().out) == {
        "file": str(file),
        "ok": False,
        "faults": [
            {
                "file": str(file),
                "line": 2,
                "key": "monitoring.log_levl",
                "message": "unknown key",
                "remedy": "did you mean log_level?",
                "warning": False,
            }
        ],
    }


def test_the_schema_is_printed(capsys: Printed) -> None:
    assert main(["config", "schema"]) == ExitCode.OK
    assert capsys.readouterr().out == schema_text()


def test_the_defaults_are_a_right_file(file: Path, capsys: Printed) -> None:
    assert main(["config", "defaults"]) == ExitCode.OK
    file.write_text(capsys.readouterr().out)
    assert file.read_text() == asset("config", "alignwatch.yaml").read_text()
    assert main(["config", "check", str(file)]) == ExitCode.OK


@pytest.mark.parametrize("arguments", [[], ["check"], ["bogus"]])
def test_wrong_use_is_told(arguments: list[str], capsys: Printed) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["config", *arguments])
    assert ended.value.code == ExitCode.USAGE
    assert "usage: alignwatch config" in capsys.readouterr().err
