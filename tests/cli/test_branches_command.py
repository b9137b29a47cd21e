import json
import shutil
from pathlib import Path

import pytest

from alignwatch.cli import main
from alignwatch.errors import ExitCode
from support.repositories import git


def configuration(folder: Path, *repositories: str) -> str:
    path = folder / "alignwatch.yaml"
    path.write_text("repositories:\n" + "".join(f"  - {one}\n" for one in repositories))
    return str(path)


def test_the_repository_of_the_working_directory(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    assert main(["branches"]) == ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:5] for line in lines[1:]] == [
        ["orphan", "main", "orphan", "1", "3"],
        ["feature/far", "main", "behind", "2", "2"],
        ["feature/merged", "main", "merged", "0", "1"],
        ["fix-aligned", "main", "aligned", "1", "0"],
        ["main", "main", "merged", "0", "0"],
    ]


def test_json_filtered_sorted_and_cut(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configuration(tmp_path, f"{{path: {repository}, name: app}}")
    arguments = [
        "branches",
        "--config",
        config,
        "--json",
        "--state",
        "merged",
        "--sort",
        "name",
        "--limit",
        "1",
    ]
    assert main([*arguments, "--reverse", "--repository", "app", "--target", "main"]) == ExitCode.OK
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["branch"], row["ahead"], row["tip"]) == (
        "feature/merged",
        0,
        git(repository, "rev-parse", "feature/merged"),
    )
    assert main([*arguments, "--repository", "other"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == []


def test_one_broken_repository_hides_no_other(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(repository, tmp_path / "gone")
    config = configuration(tmp_path, f"path: {tmp_path}/gone", f"path: {repository}")
    shutil.rmtree(tmp_path / "gone")
    assert main(["branches", "--config", config]) == ExitCode.UNHEALTHY
    printed = capsys.readouterr()
    assert "feature/far" in printed.out
    assert "gone: no such folder" in printed.err


def test_a_missing_target_is_a_warning_with_its_remedy(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configuration(tmp_path, f"{{path: {repository}, primaries: [gone]}}")
    assert main(["branches", "--config", config]) == ExitCode.WARNINGS
    printed = capsys.readouterr()
    assert "no branch 'gone' to compare with; mend repositories[].primaries" in printed.err
    assert printed.out.count("unknown") == 5


def test_a_broken_history_is_said(
    repository: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tip = git(repository, "commit-tree", "-m", "x", "-p", "main", "main^{tree}")
    git(repository, "branch", "broken", git(repository, "commit-tree", "-m", "y", "-p", tip, "main^{tree}"))
    (repository / ".git" / "objects" / tip[:2] / tip[2:]).unlink()
    assert main(["branches", "--config", configuration(tmp_path, f"path: {repository}")]) == ExitCode.WARNINGS
    printed = capsys.readouterr()
    assert "git rev-list ended with 128" in printed.err
    assert "feature/far" in printed.out
