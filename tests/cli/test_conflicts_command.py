import json
import shutil
from pathlib import Path

import pytest

from alignwatch.cli import main
from alignwatch.errors import ExitCode
from alignwatch.git.shadow import Shadow
from alignwatch.state_dir import name_in_cache
from support.repositories import Commit, everything_in, git, import_history, new_repository

HOSTILE = 'odd;"$(x)'
FILE = "a\x1b[31m"


@pytest.fixture
def colliding(tmp_path: Path) -> Path:
    """``one`` and a hostile name collide with each other, and ``one`` conflicts with main."""
    made = new_repository(tmp_path / "app")
    history = [
        Commit("base", files={FILE: "1\n", "b": "1\n"}),
        Commit("main", ["base"], {"b": "main\n"}),
        Commit("one", ["base"], {FILE: "one\n", "b": "one\n"}),
        Commit("two", ["main"], {FILE: "two\n"}),
        Commit("orphan", files={"a": "o\n"}),
    ]
    tips = {"main": "main", "one": "one", HOSTILE: "two", "orphan": "orphan", "merged": "base"}
    import_history(made, history, tips)
    return made


@pytest.fixture
def config(colliding: Path, tmp_path: Path) -> str:
    file = tmp_path / "alignwatch.yaml"
    file.write_text(f"repositories:\n  - path: {colliding}\n    branch_series: {{active_days: 36500}}\n")
    return str(file)


def test_the_pairs_that_collide_and_how_many_files(
    colliding: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything_in(colliding)
    assert main(["branches", "--config", config, "--collisions"]) == ExitCode.OK
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["BRANCH", "COLLIDES", "WITH", "TARGET", "FILES"]
    assert [line.split() for line in lines] == [[HOSTILE, "one", "main", "1"]]
    row = {"repository": "app", "target": "main", "branch": HOSTILE, "other": "one", "conflict_files": 1}
    for patterns, found in ([], [row]), (["on*"], [row]), (["none"], []):
        assert main(["branches", "--config", config, "--json", *patterns, "--collisions"]) == ExitCode.OK
        assert json.loads(capsys.readouterr().out) == found
    assert everything_in(colliding) == before


def test_they_are_remembered_for_the_list_of_branches(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, expected in (([], None), (["--collisions"], None), ([], 1)):
        assert main(["branches", "--config", config, "--json", "one", *arguments]) == ExitCode.OK
        rows = json.loads(capsys.readouterr().out)
        if not arguments:
            assert [row["collisions"] for row in rows] == [expected]


def test_the_files_in_which_one_branch_collides_with_others(
    colliding: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything_in(colliding)
    assert main(["branches", "--config", config, "--collisions", "one"]) == ExitCode.OK
    assert capsys.readouterr().out == f"one with {HOSTILE}: 1 file would conflict\n    a\\x1b[31m\n"
    assert main(["branches", "--config", config, "--json", f"--collisions={HOSTILE}"]) == ExitCode.OK
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["branch"], row["other"], row["conflict_files"], row["paths"]) == (HOSTILE, "one", 1, [FILE])
    for nothing in ("merged", "orphan", "main"):
        assert main(["branches", "--config", config, "--collisions", nothing]) == ExitCode.OK
        assert capsys.readouterr().out == ""
    assert everything_in(colliding) == before


def test_the_files_in_which_a_branch_conflicts_with_its_target(
    colliding: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything_in(colliding)
    for name, said in {
        "one": "one into main: 1 file would conflict\n    b\n",
        HOSTILE: f"{HOSTILE} into main: 0 files would conflict\n",
        "merged": "merged into main: 0 files would conflict\n",
        "orphan": "orphan into main: not known\n",
    }.items():
        assert main(["branches", "--config", config, "--conflicts", name]) == ExitCode.OK
        assert capsys.readouterr().out == said
    assert main(["branches", "--config", config, "--json", "--conflicts", "one"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == [
        {"repository": "app", "branch": "one", "target": "main", "paths": ["b"]}
    ]
    assert everything_in(colliding) == before


@pytest.mark.parametrize("option", ["--conflicts", "--collisions"])
def test_a_name_that_is_no_branch(option: str, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["branches", "--config", config, option, "gone\x1b"]) == ExitCode.USAGE
    assert "no branch 'gone\\x1b' in app; alignwatch branches lists them" in capsys.readouterr().err
    assert main(["branches", "--config", config, option, "one", "--repository", "x"]) == ExitCode.USAGE
    assert "no branch 'one' in any repository" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--conflicts", "one"], ["--collisions", "one"], ["--collisions"]])
def test_they_are_no_list_for_a_spreadsheet(
    option: list[str], config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["branches", "--config", config, "--csv", *option]) == ExitCode.USAGE
    assert "use --json" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--conflicts", "one"], ["--collisions", "one"], ["--collisions"]])
def test_a_broken_repository_is_said(
    option: list[str], colliding: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(colliding / ".git" / "objects")
    assert main(["branches", "--config", config, *option]) == ExitCode.UNHEALTHY
    assert "not a git repository" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "shadow", "said"),
    [
        (["--conflicts", "one"], "on-demand", "in use by another process"),
        (["--collisions", "one"], "on-demand", "in use by another process"),
        (["--collisions", "--timeout", "0.1"], "forecast", "app: 1 merges were not tried; run it again"),
    ],
)
def test_somebody_else_at_work_is_a_warning(
    option: list[str],
    shadow: str,
    said: str,
    colliding: Path,
    config: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "state" / "cache" / name_in_cache(shadow, colliding)
    with Shadow(folder, colliding).opened("1" * 40):
        assert main(["branches", "--config", config, *option]) == ExitCode.WARNINGS
    assert said in capsys.readouterr().err


def test_a_pair_that_cannot_be_read_is_a_warning(
    colliding: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    git(colliding, "repack", "-ad")
    git(
        colliding, "unpack-objects", stdin=next((colliding / ".git/objects/pack").glob("*.pack")).read_bytes()
    )
    tree = git(colliding, "rev-parse", f"refs/heads/{HOSTILE}^{{tree}}")
    for pack in (colliding / ".git/objects/pack").iterdir():
        pack.rename(colliding / pack.name)
    git(colliding, "unpack-objects", stdin=next(colliding.glob("*.pack")).read_bytes())
    (colliding / ".git/objects" / tree[:2] / tree[2:]).unlink()
    assert main(["branches", "--config", config, "--collisions", "one"]) == ExitCode.WARNINGS
    assert "cannot be read" in capsys.readouterr().err
