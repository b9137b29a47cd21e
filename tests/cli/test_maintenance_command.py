import json
import time
from pathlib import Path

import pytest

from alignwatch.cli import main
from alignwatch.cli.maintenance import parser
from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.maintenance import owners_jobs
from alignwatch.settings_file import load_settings
from alignwatch.state_dir import journal_path
from support.receivers import mail_server
from support.repositories import git
from support.upkeep import registered_long_ago


@pytest.fixture(autouse=True)
def _empty_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(owners_jobs, "SYSTEM_TABLES", ())
    (tmp_path / "bin").mkdir()
    for name in ("crontab", "systemctl"):
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n[ {name} = systemctl ]\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def config(repository: Path, tmp_path: Path) -> Path:
    (tmp_path / "cache").mkdir()
    far = (time.gmtime().tm_hour + 12) % 24  # None of these is due in the middle of a test.
    path = tmp_path / "alignwatch.yaml"
    path.write_text(
        f"""
state_dir: state
repositories: [{{path: {repository}}}]
maintenance:
  automated_tasks: [cache_cleanup, backup_verification]
  cache_cleanup: {{roots: [cache], older_than_days: 0.000001}}
  tasks:
    - {{task: stale_lock_report, schedule: "* * * * *", any_time: true}}
    - {{task: command, name: fail, command: ["false"], schedule: "0 {far} * * *"}}
    - {{task: command, name: pack, command: [git, gc, -q], repositories: [app], schedule: "0 {far} * * *"}}
"""
    )
    return path


def run(config: Path, *arguments: str) -> int:
    return main(["maintenance", arguments[0], "--config", str(config), *arguments[1:]])


def test_list_shows_when_each_is_due_and_how_it_went(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "run", "cache_cleanup") == 0
    capsys.readouterr()
    assert run(config, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "task",
        "schedule",
        "time",
        "zone",
        "next",
        "run",
        "last",
        "start",
        "last",
        "success",
    ]
    assert [line.split()[0] for line in lines[1:]] == [
        "cache_cleanup", "backup_verification", "stale_lock_report", "fail", "pack",
    ]  # fmt: skip
    assert run(config, "list", "--json") == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert first["runs"] == {"success": 1}
    assert first["last_success"] >= first["last_start"]


def test_a_run_is_told_noted_and_shown(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = config.parent / "cache" / "old"
    file.write_text("x")
    assert run(config, "run", "cache_cleanup", "--dry-run") == 0
    assert f"would remove {file}" in capsys.readouterr().out
    assert run(config, "history") == 0
    assert capsys.readouterr().out == "nothing was done yet\n"
    assert run(config, "run", "cache_cleanup") == 0
    assert capsys.readouterr().out.startswith(f"cache_cleanup: success\n    remove {file}")
    assert not file.exists()
    assert run(config, "run", "fail") == 3
    assert capsys.readouterr().out == ("fail: failed: false ended with exit code 1\n")
    assert run(config, "history", "--json", "--task", "cache_cleanup") == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["outcome"], one["repository"], one["due"]) == ("success", None, None)
    assert run(config, "history", "--limit", "1") == 0
    assert "false ended with exit code 1" in capsys.readouterr().out


def test_who_is_at_work_is_not_disturbed(
    config: Path, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(repository, "checkout", "--quiet", "main")
    git(repository, "bisect", "start")
    assert run(config, "run", "pack", "--repository", "app") == 4
    assert f"pack of app: postponed: bisect in progress in {repository}" in capsys.readouterr().out
    git(repository, "bisect", "reset")
    assert run(config, "run", "pack") == 0


def test_what_is_due_is_done(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings(config, config.parent)
    registered_long_ago(settings).close()
    assert run(config, "run-due") == 0
    assert "stale_lock_report of app: success" in capsys.readouterr().out


def test_the_plan_says_what_gets_in_the_way(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "plan", "--days", "1.5") == 0
    printed = capsys.readouterr().out
    assert "warning: nobody does this yet: alignwatch maintenance install" in printed
    assert "warning: stale_lock_report: only the first 500 times are shown" in printed
    assert run(config, "plan", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert {one["task"] for one in plan["runs"]} >= {"pack", "fail", "cache_cleanup"}


@pytest.mark.parametrize(
    "arguments",
    [
        *(["plan", "--days", days] for days in ("0", "-1", "nan", "inf", "367", "x")),
        *(["history", "--limit", limit] for limit in ("0", "-1", "99999999999999999999", "x")),
    ],
)
def test_a_number_out_of_bounds_is_refused(
    config: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(config, *arguments)
    assert f"argument {arguments[1]}: " in capsys.readouterr().err


def test_a_digest_reaches_back_as_far_as_there_is_time(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "digest", "--since", "999999999w") == 0
    assert "1970-01-01 00:00 UTC to" in capsys.readouterr().out


def test_a_task_can_be_scheduled_and_unscheduled(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "schedule", "journal_compaction", "0 2 * * 0", "--time-zone", "Europe/Berlin") == 0
    assert capsys.readouterr().out.startswith("journal_compaction is due next: 20")
    assert run(config, "unschedule", "journal_compaction") == 0
    capsys.readouterr()
    assert run(config, "unschedule", "journal_compaction") == 2
    assert run(config, "schedule", "fail", "tomorrow") == 2
    assert "'tomorrow' is no cron expression" in capsys.readouterr().err
    assert run(config, "schedule", "cache_cleanup", "0 2 */31 * MON#2") == 0
    assert capsys.readouterr().out == "cache_cleanup is due next: never\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tidy_up",), "there is no task tidy_up; choose from stale_lock_report, fail, pack, log_rotation"),
        (("pack", "--repository", "lib"), "pack is not done for lib; choose from app"),
        (("fail", "--repository", "app"), "fail is not done for app; choose from none"),
    ],
)
def test_what_cannot_be_run_says_why(
    config: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "run", *arguments) == 2
    assert message in capsys.readouterr().err


def test_a_timer_is_installed_and_removed(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "config" / "systemd" / "user"
    assert run(config, "install") == 0
    assert "loginctl enable-linger" in capsys.readouterr().out
    assert sorted(unit.name for unit in folder.iterdir()) == [
        "alignwatch-maintenance.service",
        "alignwatch-maintenance.timer",
    ]
    with MaintenanceJournal(journal_path(tmp_path / "state")) as journal:
        assert "pack" in journal.reading().registered
    assert run(config, "uninstall", "--user") == 0
    assert list(folder.iterdir()) == []
    assert run(config, "uninstall") == 0
    assert capsys.readouterr().out.endswith("not installed\n")
    assert run(config, "install", "--print-cron") == 0
    assert f"maintenance run-due --config {config} --state-dir {tmp_path}/state" in capsys.readouterr().out


def test_a_digest_is_shown_and_sent(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "run", "fail") == 3
    capsys.readouterr()
    assert run(config, "digest", "--since", "1d") == 0
    printed = capsys.readouterr().out
    assert " 1 failed\n" in printed
    assert "fail: failed: false ended with exit code 1" in printed
    assert run(config, "digest", "--json") == 0
    digest = json.loads(capsys.readouterr().out)
    assert digest["failures"][0]["task"] == "fail"
    assert digest["alignments"][0]["branches"] == {"merged": 2, "aligned": 1, "behind": 1, "orphan": 1}
    assert run(config, "digest", "--send") == 2
    assert "set alerts.email or alerts.slack up" in capsys.readouterr().err
    assert run(config, "digest", "--since", "soon") == 2
    capsys.readouterr()

    given = config.read_text()
    with mail_server() as mail:
        config.write_text(f"{given}{_mail_to(mail.address)}")
        assert run(config, "digest", "--send") == 0
        assert capsys.readouterr().err == "email: sent\n"
        assert run(config, "run", "digest", "--dry-run") == 0
        assert "would be sent by email" in capsys.readouterr().out
        assert run(config, "run", "digest") == 0
        assert capsys.readouterr().out == "digest: success\n    sent by email\n"
    assert [str(one["Subject"]).split(": ")[1] for one in mail.messages] == ["1 failed"] * 2
    assert run(config, "digest", "--send") == 1
    assert "did not take it" in capsys.readouterr().err
    assert run(config, "run", "digest") == 3
    assert "digest: failed: email: " in capsys.readouterr().out


def _mail_to(address: str) -> str:
    return f"alerts: {{email: {{to: [me@example.invalid], smarthost: '{address}', require_tls: false}}}}\n"


def test_list_names_what_needs_a_look(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = config.read_text()
    config.write_text(
        given.replace("  tasks:\n", "  tasks:\n    - {task: cache_cleanup, expected_freed_bytes: 1048576}\n")
    )
    assert run(config, "run", "fail") == 3
    assert run(config, "run", "cache_cleanup") == 0
    assert "cache_cleanup: success: 1.0 MiB less was freed than should be" in capsys.readouterr().out
    assert run(config, "list") == 0
    notes = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    assert notes["fail"].endswith("  its last run failed")
    assert notes["cache_cleanup"].endswith("  its last run freed 1.0 MiB too little")


def test_every_action_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for action in (
        "list",
        "digest",
        "plan",
        "history",
        "run-due",
        "run",
        "schedule",
        "unschedule",
        "install",
        "uninstall",
    ):
        with pytest.raises(SystemExit):
            parser("alignwatch maintenance").parse_args([action, "--help"])
        assert f"example:\n  alignwatch maintenance {action}" in capsys.readouterr().out
    assert "an alignment is never disturbed" in parser("alignwatch maintenance").format_help()
