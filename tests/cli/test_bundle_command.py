"""``alignwatch doctor --bundle``: one file, or only what would be in it."""

import json
import stat
import tarfile
from pathlib import Path

import pytest

from alignwatch.cli import main
from alignwatch.diagnostics.bundle import contents, verdict
from alignwatch.diagnostics.bundle.part import Part
from alignwatch.errors import ExitCode


@pytest.fixture
def config(repository: Path, tmp_path: Path, nowhere: str) -> str:
    file = tmp_path / "alignwatch.yaml"
    file.write_text(
        f"state_dir: {tmp_path}/state\nrepositories: [{{path: {repository}, name: app}}]\n"
        f"report: {{exporter: {{url: '{nowhere}'}}}}\n"
    )
    return str(file)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what takes long and is tried elsewhere."""
    parts = tuple(
        part for part in contents.PARTS if part.name in ("configuration", "repositories", "exporter")
    )
    monkeypatch.setattr(contents.collect, "__defaults__", (contents.Wish(), parts))


def bundle(config: str, *arguments: str) -> int:
    return main(["doctor", "--config", config, "--bundle", *arguments])


def test_it_is_written_once(config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "b.tar.gz"
    assert bundle(config, str(file)) == ExitCode.OK
    assert "look into it before you send it" in capsys.readouterr().out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as tar:
        assert "alignwatch-bundle/repositories/1.json" in tar.getnames()
    assert bundle(config, str(file)) == ExitCode.USAGE
    assert "is there already" in capsys.readouterr().err
    file.write_text("old")
    assert (
        bundle(config, str(file), "--force", "--json", "--hide", "mail", "--hide", "branches") == ExitCode.OK
    )
    manifest = json.loads(capsys.readouterr().out)
    assert manifest["hidden"] == ["secrets", "mail", "branches"]
    assert [one["part"] for one in manifest["missing"]] == ["exporter"]
    assert tarfile.is_tarfile(file)


def test_a_dry_run_writes_nothing(config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "b.tar.gz"
    assert bundle(config, str(file), "--dry-run") == ExitCode.OK
    said = capsys.readouterr().out
    assert "repositories/1.json" in said
    assert said.endswith("nothing was written\n")
    assert not file.exists()


@pytest.mark.parametrize(
    "arguments", [["--bundle", "x", "--fix"], ["--bundle", "x", "clock"], ["--force"], ["--hide", "mail"]]
)
def test_what_does_not_go_together(arguments: list[str], config: str) -> None:
    assert main(["doctor", "--config", config, *arguments]) == ExitCode.USAGE


def test_the_doctor_s_verdict_is_a_part_of_it() -> None:
    assert Part("doctor", verdict.collect, 60.0) in contents.PARTS
