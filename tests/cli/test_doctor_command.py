import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from alignwatch.cli import main
from alignwatch.diagnostics.check import Check, Finding, critical, ok, warning
from alignwatch.diagnostics.checks import GROUPS, IDS
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.report import diagnostic_schema
from alignwatch.journal.running import Owner, Running
from alignwatch.journal.store import Journal
from alignwatch.state_dir import journal_path
from support.journals import query

_LENIENT = "monitoring: {alert_thresholds: {disk_percent: 99.9, disk_critical_percent: 99.9}}\n"


@pytest.fixture
def config(repository: Path, tmp_path: Path) -> str:
    path = tmp_path / "alignwatch.yaml"
    path.write_text(f"{_LENIENT}state_dir: state\nrepositories: [{{path: {repository}, name: app}}]\n")
    return str(path)


def doctor(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["doctor", *arguments])
    return code, capsys.readouterr().out


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Finding | Exception]]:
    """What the one check that there is finds."""
    found: list[Finding | Exception] = []

    def run(context: Context) -> Iterator[Finding]:
        for one in found:
            if isinstance(one, Exception):
                raise one
            yield one

    made = Check(id="gc-log", summary="all is well", well="well", run=run)
    monkeypatch.setattr("alignwatch.diagnostics.doctor.load", lambda id_: made)
    monkeypatch.setattr("alignwatch.diagnostics.doctor.IDS", ("gc-log",))
    yield found


def test_all_checks_of_a_repository_without_a_configuration(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    code, said = doctor(capsys, "--json")
    report = json.loads(said)
    jsonschema.validate(report, diagnostic_schema())
    assert code in (0, 3, 4), said
    assert [one["id"] for one in report["results"]] == [one for one in IDS if one != "alert-arrives"]
    assert sum(report["counts"].values()) == len(IDS) - 1
    assert report["counts"].get("crashed", 0) == 0, said
    assert all(one["documentation"].endswith(f"docs/diagnostics.md#{one['id']}") for one in report["results"])


@pytest.mark.parametrize(
    ("found", "code", "lenient", "verdict"),
    [
        ([ok("fine")], 0, 0, "healthy"),
        ([warning("odd", "mend")], 4, 0, "warnings"),
        ([warning("odd", "mend"), critical("bad", "mend")], 3, 3, "unhealthy"),
        ([warning("odd", "mend"), RuntimeError("x")], 1, 1, "uncertain"),
    ],
)
def test_exit_code_says_what_was_found(
    finds: list[Any],
    found: list[Any],
    code: int,
    lenient: int,
    verdict: str,
    config: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    finds += found
    assert doctor(capsys, "--config", config)[1].startswith(verdict)
    assert main(["doctor", "--config", config]) == code
    assert main(["doctor", "--config", config, "--fail-on", "critical"]) == lenient


def test_a_screen_shows_what_is_wrong_with_its_remedy(
    finds: list[Any], config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    finds += [
        warning("a lock", "remove it", ("rm", "--", "/a b/index.lock"), repository="app", key="x.y"),
        *(warning(f"more {number}", "mend", repository="app") for number in range(6)),
    ]
    _, said = doctor(capsys, "--config", config)
    lines = [line.strip() for line in said.splitlines()]
    assert "warning   repositories: 1 warning" in lines
    for line in (
        "app: a lock",
        "key: x.y",
        "remove it",
        "$ rm -- '/a b/index.lock'",
        "see docs/diagnostics.md#gc-log",
    ):
        assert line in lines
    assert "and 2 more: alignwatch doctor --json gc-log" in lines
    assert lines[-1].startswith("1 check in ")


def test_what_is_well_is_shown_where_it_is_asked_for(
    finds: list[Any], config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    finds.append(ok("fine"))
    assert "fine" not in doctor(capsys, "--config", config)[1]
    assert "fine" in doctor(capsys, "--config", config, "--all")[1]
    assert "fine" in doctor(capsys, "--config", config, "gc-log")[1]


def test_checks_by_id_and_by_group(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, said = doctor(capsys, "--config", config, "--json", "gc-log", "backups")
    assert [one["id"] for one in json.loads(said)["results"]] == ["gc-log", *GROUPS["backups"]]


def test_what_the_configuration_leaves_out_is_asked_by_its_name_only(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path(config).open("a") as file:
        file.write("diagnostics: {skip: [gc-log]}\n")
    asked = {one["id"] for one in json.loads(doctor(capsys, "--config", config, "--json")[1])["results"]}
    assert "gc-log" not in asked
    assert "gc-log" in doctor(capsys, "--config", config, "gc-log")[1]


def test_list_of_checks(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = doctor(capsys, "--list-checks")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()[1:]] == list(IDS)
    assert "on request" in next(line for line in said.splitlines() if line.startswith("alert-arrives"))
    rows = json.loads(doctor(capsys, "--list-checks", "--json", "journal")[1])
    assert [row["id"] for row in rows] == list(GROUPS["journal"])
    assert set(rows[0]) == {"id", "group", "summary", "reaches", "cheap", "on_request", "documentation"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "there is no check nonsense"),
        (["--dry-run"], "go with --fix"),
        (["--config", "/nonexistent/x.yaml"], "cannot be read"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *arguments]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def _broken(config: str) -> Path:
    """A journal that others may read, and in which the dead have left something."""
    journal = journal_path(Path(config).parent / "state")
    with Journal(journal) as opened:
        opened.begin(Running("o", "app", "rebase", "b", "main", 0.0, "track", Owner(1 << 22, "x", 1)))
    journal.chmod(0o644)
    return journal


def _running(journal: Path) -> int:
    return int(query(journal, "SELECT count(*) FROM running")[0])


def test_fix_says_what_it_would_do(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    journal = _broken(config)
    code, said = doctor(capsys, "--config", config, "--fix", "--dry-run")
    assert code == 0
    assert f"would chmod go-rwx {journal}" in said
    assert "rebase of app" in said
    assert "would forget it" in said
    assert journal.stat().st_mode & 0o777 == 0o644
    assert _running(journal) == 1


def test_what_fix_would_do_stands_in_the_report_for_scripts(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = _broken(config)
    _, said = doctor(capsys, "--config", config, "--fix", "--dry-run", "--json", "permissions")
    (result,) = json.loads(said)["results"]
    assert result["findings"][0]["mend"].startswith("chmod")
    assert journal.stat().st_mode & 0o777 == 0o644


def test_fix_mends_what_is_ours_and_looks_again(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    journal = _broken(config)
    code, said = doctor(capsys, "--config", config, "--fix", "--yes", "permissions", "journal-owners")
    assert code == 0
    assert said.count("mended") == 2
    assert "healthy" in said
    assert journal.stat().st_mode & 0o777 == 0o600
    assert _running(journal) == 0


def test_fix_leaves_json_alone(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    _broken(config)
    _, said = doctor(capsys, "--config", config, "--fix", "--yes", "--json", "permissions")
    assert json.loads(said)["verdict"] == "healthy"


def test_fix_with_nothing_to_mend(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing that can be mended" in doctor(capsys, "--config", config, "--fix", "permissions")[1]


@pytest.mark.parametrize(("answer", "mode"), [("y", 0o600), ("", 0o644)])
def test_fix_asks_first(
    answer: str,
    mode: int,
    config: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    journal = _broken(config)
    assert main(["doctor", "--config", config, "--fix", "permissions"]) == 2
    assert "add --yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert main(["doctor", "--config", config, "--fix", "permissions"]) == 0
    assert journal.stat().st_mode & 0o777 == mode


def test_what_cannot_be_mended_is_said(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _broken(config)

    def chmod(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", os.fspath(path))

    monkeypatch.setattr(Path, "chmod", chmod)
    _, said = doctor(capsys, "--config", config, "--fix", "--yes", "permissions")
    assert "could not be mended: [Errno 1] Operation not permitted" in said


def test_report_decodes_into_itself(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    from alignwatch.diagnostics.report import DiagnosticReport

    said = doctor(capsys, "--config", config, "--json", "journal")[1]
    report = msgspec.json.decode(said, type=DiagnosticReport)
    assert report.results[0].id == "journal-integrity"
