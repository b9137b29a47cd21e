"""``alignwatch explain``: what the name is, and what it says."""

import json
import shutil
from pathlib import Path

import pytest

from alignwatch.cli import main
from alignwatch.errors import ExitCode
from support.repositories import Commit, git, import_history, new_repository

LOCK = "AlignmentRepositoryLockOld"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    made = new_repository(tmp_path / "app")
    history = [
        Commit("base", files={"a": "0\n"}),
        Commit("main", ["base"], {"a": "main\n"}),
        Commit("topic", ["base"], {"a": "topic\n"}),
    ]
    tips = {"main": "main", "feature/search": "topic", "feature/searches": "topic", "ignored": "topic"}
    import_history(made, history, tips)
    return made


@pytest.fixture
def config(app: Path, tmp_path: Path, nowhere: str) -> str:
    file = tmp_path / "alignwatch.yaml"
    file.write_text(
        f"repositories: [{{path: {app}, ignore: [ignored]}}]\nreport: {{prometheus: {{url: '{nowhere}'}}}}\n"
    )
    return str(file)


def test_a_branch(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--config", config, "feature/search"]) == ExitCode.OK
    assert "feature/search of app: conflicting against main" in capsys.readouterr().out
    assert main(["explain", "--config", config, "--json", "--branch", "feature/search"]) == ExitCode.OK
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["about"], one["state"]) == ("branch", "conflicting")
    assert one["conflicts"] == [
        {"path": "a", "since": one["onset"]["commit"]["commit"], "also_changed_by": []}
    ]


def test_an_alert_with_and_without_a_repository(
    config: str,
    nowhere: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main(["explain", "--config", config, LOCK, "--json"]) == ExitCode.WARNINGS
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["about"], one["alert"], one["firing"]) == ("alert", LOCK, None)
    assert "cannot be reached" in one["unknown"][0]
    monkeypatch.chdir(tmp_path)
    # Without it, whatever listens at the usual address would be asked.
    Path(config).write_text(f"report: {{prometheus: {{url: '{nowhere}'}}}}\n")
    assert main(["explain", "--config", config, LOCK]) == ExitCode.WARNINGS
    assert "Do not. Do not remove locks by a script" in capsys.readouterr().out


def test_a_name_of_both_has_to_be_told_apart(
    app: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    git(app, "branch", LOCK, "main")
    assert main(["explain", "--config", config, LOCK]) == ExitCode.USAGE
    assert "is an alert and a branch; add --alert or --branch" in capsys.readouterr().err
    assert main(["explain", "--config", config, "--branch", LOCK]) == ExitCode.OK
    assert "main has all of it" in capsys.readouterr().out
    assert main(["explain", "--config", config, "--alert", LOCK]) == ExitCode.WARNINGS
    assert "runbook" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["feature/serch"], "there is no branch and no alert feature/serch; did you mean feature/search"),
        (["SEARCH"], "did you mean feature/search, feature/searches?"),
        (["alignmentrepositorylockold"], f"did you mean {LOCK}"),
        (["--alert", "LockOld"], f"there is no alert LockOld; did you mean {LOCK}"),
        (["x\x1b"], "no alert x\\x1b; see alignwatch branches"),
        (["ignored"], "there is no branch and no alert ignored; see"),
        (["--branch", "gone"], "no branch 'gone' in app"),
        (["feature/search", "--repository", "other"], "there is no branch and no alert feature/search"),
    ],
)
def test_a_name_of_nothing_and_what_is_near(
    arguments: list[str], said: str, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "--config", config, *arguments]) == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_a_repository_that_cannot_be_read(app: Path, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(app / ".git" / "objects")
    assert main(["explain", "--config", config, "--branch", "feature/search"]) == ExitCode.UNHEALTHY
    assert "alignwatch explain: " in capsys.readouterr().err
    assert main(["explain", "--config", config, "feature/search"]) == ExitCode.USAGE


def test_a_wrong_configuration_is_told_for_what_it_is(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(config).write_text("no: key\n")
    for name in (LOCK, "feature/search"):
        assert main(["explain", "--config", config, name]) == ExitCode.USAGE
        assert "unknown key" in capsys.readouterr().err


def test_what_could_not_be_found_out_is_a_warning(
    app: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    state = Path(config).parent / "state"
    state.write_text("a file where the folder should be")
    arguments = ["explain", "--config", config, "--state-dir", str(state), "feature/search"]
    assert main(arguments) == ExitCode.WARNINGS
    assert "not found out" in capsys.readouterr().out
