import subprocess
import sys
from pathlib import Path

import pytest

from alignwatch import __version__
from alignwatch.cli import RENDER_REPORT, VERBS, load, main, render_report


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert all(f"  {name} " in printed for name in VERBS)


def test_no_verb_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["no-such-verb"]) == 2
    assert "choose from serve, up" in capsys.readouterr().err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"alignwatch {__version__}\n"


@pytest.mark.parametrize("name", [*VERBS, "render-report"])
def test_every_help_has_an_example_that_parses(name: str) -> None:
    verb = VERBS.get(name, RENDER_REPORT)
    command = "render-report" if verb is RENDER_REPORT else f"alignwatch {name}"
    text = load(verb).parser(command).format_help()
    assert f"example:\n  {command}" in text


def test_a_fault_of_the_user_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: pytest.TempPathFactory
) -> None:
    assert main(["branches", "--config", f"{tmp_path}/gone.yaml"]) == 2
    assert render_report(["--window", "nonsense"]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m alignwatch --help | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Traceback" not in done.stderr


def test_a_full_disk_behind_stdout_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "alignwatch", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "alignwatch: [Errno 28] No space left on device\n"
