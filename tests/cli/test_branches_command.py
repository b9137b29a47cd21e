import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from alignwatch.cli import main
from alignwatch.errors import ExitCode
from alignwatch.git.command import GitError
from alignwatch.git.shadow import Shadow
from alignwatch.probes.unsaved import UnsavedProbe
from alignwatch.snapshot import UnsavedReading
from alignwatch.state_dir import name_in_cache
from support.repositories import everything_in, git


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
    assert (row["branch"], row["ahead"]) == ("main", 0)
    assert row["tip"] == git(repository, "rev-parse", "main")
    assert main([*arguments, "--repository", "other"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == []


def test_only_those_by_bots_or_by_persons(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = b"commit refs/heads/made\ncommitter a[bot] <a@b> 1 +0000\ndata 1\nx\n"
    git(repository, "fast-import", "--quiet", stdin=stream)
    config = configuration(tmp_path, f"{{path: {repository}, name: app}}")
    for author, count in (("bot", 1), ("person", 5)):
        assert main(["branches", "--config", config, "--json", "--author", author]) == ExitCode.OK
        rows = json.loads(capsys.readouterr().out)
        assert {row["author"] for row in rows} == {author}
        assert len(rows) == count


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


def test_the_forecast_on_demand_is_remembered(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    before = everything_in(repository)
    for arguments, state in (([], "behind"), (["--forecast"], "clean"), ([], "clean")):
        assert main(["branches", "--json", *arguments, "feature/far"]) == ExitCode.OK
        (row,) = json.loads(capsys.readouterr().out)
        assert (row["state"], row["conflict_files"]) == (state, 0 if state == "clean" else None)
    assert everything_in(repository) == before


def test_a_forecast_that_takes_too_long_says_how_to_go_on(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    folder = tmp_path / "state" / "cache" / name_in_cache("forecast", repository)
    with Shadow(folder, repository).opened("1" * 40):
        assert main(["branches", "--forecast", "--timeout", "0.1"]) == ExitCode.WARNINGS
    assert "app: 1 merges were not tried; run it again" in capsys.readouterr().err


def test_a_forecast_that_cannot_be_made_hides_no_branch(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    (tmp_path / "state").write_text("in the way")
    assert main(["branches", "--forecast"]) == ExitCode.WARNINGS
    printed = capsys.readouterr()
    assert "feature/far" in printed.out
    assert "Not a directory" in printed.err


def test_what_to_align_next_and_why(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    assert main(["branches", "--next"]) == ExitCode.OK
    printed = capsys.readouterr().out
    assert "feature/far" in printed.splitlines()[1]
    assert (
        "2 commits that main lacks (2 of them nowhere else), 2 behind, conflicts not forecast yet" in printed
    )
    assert "1 want aligning; 1 are merged and can be deleted; " in printed
    assert main(["branches", "--next", "--json"]) == ExitCode.OK
    ranking = json.loads(capsys.readouterr().out)
    assert [one["row"]["branch"] for one in ranking["next"]] == ["feature/far"]
    assert [row["branch"] for row in ranking["deletable"]] == ["feature/merged"]


def test_comma_separated_values(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    git(repository, "branch", 'odd,"name"', "main")
    assert main(["branches", "--csv", "--sort", "name"]) == ExitCode.OK
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["branch"] for row in rows][-2:] == ['odd,"name"', "orphan"]
    assert rows[0]["merge_base_time"] == "2023-11-14T22:14:20Z"
    assert (rows[-1]["ahead"], rows[-1]["merge_base_time"]) == ("1", "")


def test_no_name_is_a_formula_in_a_spreadsheet(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    for name in ("=1+1", "@sum(1)", "+1"):
        git(repository, "update-ref", f"refs/heads/{name}", "main")
    assert main(["branches", "--csv", "--sort", "name"]) == ExitCode.OK
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["branch"] for row in rows][:3] == ["'+1", "'=1+1", "'@sum(1)"]


def test_unsaved_work_is_looked_for_where_it_is_shown(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    git(repository, "branch", "backup/fix-aligned", "fix-aligned")
    assert main(["branches", "--unsaved", "--sort", "unsaved"]) == ExitCode.OK
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split()[-2:] == ["UNSAVED", "AGE"]
    assert [line.split()[0] for line in lines] == ["feature/far", "orphan"]
    assert main(["branches"]) == ExitCode.OK
    assert "UNSAVED" not in capsys.readouterr().out
    assert main(["branches", "--json", "--sort", "name"]) == ExitCode.OK
    found = {row["branch"]: row["unsaved"] for row in json.loads(capsys.readouterr().out)}
    assert found == {
        "backup/fix-aligned": 0,
        "feature/far": 2,
        "feature/merged": 0,
        "fix-aligned": 0,
        "main": 0,
        "orphan": 1,
    }


def test_unsaved_work_that_cannot_be_counted_hides_no_branch(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise GitError("git for-each-ref did not end within 30 s", reason="timeout")

    monkeypatch.chdir(repository)
    monkeypatch.setattr(UnsavedProbe, "read", fail)
    assert main(["branches", "--csv"]) == ExitCode.WARNINGS
    printed = capsys.readouterr()
    assert "feature/far" in printed.out
    assert "did not end within 30 s" in printed.err


def test_a_history_that_only_the_look_for_unsaved_work_finds_broken_is_said(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(*_: object) -> UnsavedReading:
        return UnsavedReading({}, 0, 0, None, unknown=4, problem="git rev-list ended with 128: missing")

    monkeypatch.chdir(repository)
    monkeypatch.setattr(UnsavedProbe, "read", read)
    assert main(["branches", "--json"]) == ExitCode.WARNINGS
    assert "ended with 128: missing" in capsys.readouterr().err
