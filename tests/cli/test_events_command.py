"""``alignwatch events`` as a person calls it."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from alignwatch.cli import main
from alignwatch.journal.events import Event
from alignwatch.journal.store import Journal
from alignwatch.state_dir import journal_path


def event(age: float, kind: str, branch: str = "main", repository: str = "app", **changes: Any) -> Event:
    made = Event(
        repository, kind, branch, None, "3" * 40, "2" * 40, ("a", "b", "c", "d"), 9, "why", time.time() - age
    )
    return made._replace(**changes)


@pytest.fixture
def journal() -> Path:
    """Of an exporter that has noted some."""
    path = journal_path(Path(os.environ["ALIGNWATCH_STATE_DIR"]))
    with Journal(path) as noted:
        noted.note_events("app", [event(90_000, "rewound"), event(600, "work_lost", "bolt/a")])
        noted.note_events("app", [event(150, "emptied", paths=("\x1b[31m.py",), path_count=1)])
        noted.note_events("lib", [event(50, "never_merge", repository="lib")])
    return path


def listed(*arguments: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["events", "--json", *arguments]) == 0
    return [row["event"] for row in json.loads(capsys.readouterr().out)]


@pytest.mark.usefixtures("journal")
def test_the_newest_come_first_and_filters_choose(capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys=capsys) == ["never_merge", "emptied", "work_lost", "rewound"]
    assert listed("--since", "1h", capsys=capsys) == ["never_merge", "emptied", "work_lost"]
    assert listed("--repository", "app", "main", capsys=capsys) == ["emptied", "rewound"]
    assert listed("--event", "work_lost", "--event", "emptied", "b*", capsys=capsys) == ["work_lost"]
    assert listed("--limit", "1", capsys=capsys) == ["never_merge"]


@pytest.mark.usefixtures("journal")
def test_a_table_that_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--repository", "app"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["AGE", "BRANCH", "EVENT", "COMMIT", "DETAIL", "PATHS"]
    assert lines[1].split() == ["2", "min", "main", "emptied", "222222222222", "why", r"\x1b[31m.py"]
    assert lines[2].endswith("a, b, c and 6 more")
    assert main(["events"]) == 0
    assert capsys.readouterr().out.startswith("REPOSITORY")


def test_nothing_was_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--state-dir", str(tmp_path / "none")]) == 0
    assert capsys.readouterr().out == "nothing has been noted\n"
    assert not (tmp_path / "none").exists()
    assert main(["events", "--state-dir", str(tmp_path / "none"), "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_a_time_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--since", "yesterday"]) == 2
    assert "--since 'yesterday' is no length of time" in capsys.readouterr().err
