"""What goes into a bundle: one part that fails, hangs or has too much never keeps out the others."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alignwatch.diagnostics.bundle import contents as contents_module
from alignwatch.diagnostics.bundle import exporter, journal_rows, logs, machine, repositories
from alignwatch.diagnostics.bundle.contents import Contents, collect
from alignwatch.diagnostics.bundle.part import AbsentError, Member, Part
from alignwatch.diagnostics.context import Context, Shared
from alignwatch.diagnostics.doctor import context_of
from alignwatch.journal.store import Journal
from alignwatch.settings import Diagnostics, Report, Repository, Server, Settings
from alignwatch.state_dir import journal_path
from support.repositories import ENVIRONMENT, git
from support.serving import content_with, running
from support.waiting import wait_until


@pytest.fixture
def context(repository: Path, tmp_path: Path, nowhere: str) -> Context:
    """Of a machine with one repository and no server, and nothing but git on it."""
    settings = Settings(
        state_dir=str(tmp_path / "state"),
        repositories=(Repository(path=str(repository), name="app"),),
        report=Report(exporter=Server(url=nowhere)),
    )
    return context_of(settings, None, {**ENVIRONMENT, "HOME": str(tmp_path)})


def part(name: str, collects: Callable[[Context], Iterator[Member]], seconds: float = 60.0) -> Part:
    return Part(name, collects, seconds)


def texts(contents: Contents) -> dict[str, str]:
    return {one.name: one.data.decode() for one in contents.members}


def data(members: Iterator[Member]) -> dict[str, Any]:
    return {one.name: one.content for one in members}


def test_one_part_that_fails_or_hangs_is_noted_and_the_others_go_in(context: Context) -> None:
    hangs, ended = threading.Event(), threading.Event()

    def sound(context: Context) -> Iterator[Member]:
        yield Member("b.txt", "sound")

    def failing(context: Context) -> Iterator[Member]:
        yield Member("a.json", {"password": "x", "half": 1})
        # It is judged first: until it ends, nobody asks whether the other hangs.
        assert hangs.wait(60)
        raise RuntimeError("token=abc")

    def hanging(context: Context) -> Iterator[Member]:
        yield Member("c.txt", "what came before")
        hangs.set()
        ended.wait()

    def absent(context: Context) -> Iterator[Member]:
        raise AbsentError("nothing here")
        yield

    parts = (
        part("failing", failing),
        part("hanging", hanging, 0.1),
        part("absent", absent),
        part("sound", sound),
    )
    found = collect(context, parts=parts)
    ended.set()
    assert texts(found) == {
        "a.json": '{\n  "password": "***",\n  "half": 1\n}\n',
        "b.txt": "sound",
        "c.txt": "what came before",
    }
    assert {(one.part, one.why) for one in found.missing} == {
        ("failing", "RuntimeError: token=***"),
        ("hanging", "it did not end within 0.1 s"),
        ("absent", "nothing here"),
    }


def test_what_is_too_much_is_cut_and_a_secret_at_the_cut_does_not_show(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents_module, "MOST_BYTES", 100)
    monkeypatch.setattr(contents_module, "MOST_BYTES_IN_ALL", 150)
    secret = "gh" + "p_" + "a1" * 30

    def large(context: Context) -> Iterator[Member]:
        yield Member("a.txt", "a" * 30 + f" {secret} " + "z" * 100)
        yield Member("logs/b.log", "z" * 300 + f" {secret} last")

    found = collect(context, parts=(part("large", large),))
    (first,) = found.members
    assert (len(first.data), first.note) == (100, "cut to 100 bytes")
    assert first.data.startswith(b"a" * 30 + b" ***")
    (missing,) = found.missing
    assert (missing.part, missing.why) == ("logs/b.log", "there was no room left for it")
    monkeypatch.setattr(contents_module, "MOST_BYTES_IN_ALL", 1000)
    assert texts(collect(context, parts=(part("large", large),)))["logs/b.log"].endswith("*** last")


def test_a_repository_that_cannot_be_read_says_why(context: Context, tmp_path: Path) -> None:
    gone = replace(
        context,
        settings=Settings(repositories=(Repository(path=str(tmp_path / "gone"), name="gone"),)),
    )
    state = data(repositories.collect(gone))["repositories/1.json"]
    assert state["name"] == "gone"
    for question in ("worktrees", "refs", "configuration", "objects", "files"):
        assert "no such folder" in state[question]["unknown"]


def test_the_state_of_a_repository(context: Context, repository: Path) -> None:
    git(repository, "worktree", "add", "--quiet", "../wt", "feature/far")
    (repository / ".git" / "MERGE_HEAD").write_text("x")
    (repository / ".git" / "gc.log").write_text("too many")
    (repository / ".git" / "hooks" / "pre-commit").write_text("exit")
    state = data(repositories.collect(context))["repositories/1.json"]
    assert state["refs"] == {"refs/heads": 5}
    assert [one["head"] for one in state["worktrees"]] == ["refs/heads/main", "refs/heads/feature/far"]
    assert [one["operation"] for one in state["in_progress"]] == ["merge"]
    assert (state["gc_log"], state["hooks"]) == ("too many", ["pre-commit"])
    assert state["configuration"]["core.bare"] == ["false"]
    assert any(one["path"].endswith("MERGE_HEAD") for one in state["files"])
    assert set(repositories.all_names(context)) >= {"main", "feature/far"}


def test_versions_name_what_runs_and_no_machine(context: Context) -> None:
    found = data(machine.collect(context))
    versions = found["versions.json"]
    assert versions["git"].startswith("git version")
    assert versions["libraries"]["msgspec"]
    assert "node" not in versions["system"]
    assert "reached" in versions["servers"]["exporter"]
    assert "GIT_CONFIG_GLOBAL" in found["environment.json"]
    nowhere = replace(context, git=context_of(Settings(), None, {"PATH": "/nonexistent"}).git)
    assert data(machine.collect(nowhere))["versions.json"]["git"] is None


def test_what_a_machine_does_not_say_is_unknown(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> dict[str, str]:
        raise OSError("no os-release")

    monkeypatch.setattr("platform.freedesktop_os_release", unknown)
    monkeypatch.setattr("importlib.metadata.requires", lambda name: ["not-there (>=1)", "x; extra == 'dev'"])
    versions = data(machine.collect(context))["versions.json"]
    assert versions["system"]["distribution"] is None
    assert versions["libraries"] == {"not-there": None}


def test_a_journal_that_is_not_there_is_said(context: Context) -> None:
    members = journal_rows.collect(context)
    assert next(members).content["condition"] == "absent"
    with pytest.raises(AbsentError, match="the journal is absent"):
        next(members)
    Path(context.state_folder).mkdir()
    with Journal(journal_path(context.state_folder)) as journal:
        journal.forget_dead()
    assert "journal/birth.json" in data(journal_rows.collect(replace(context, shared=Shared())))


class TestLogs:
    def test_none_is_said(self, context: Context) -> None:
        nothing = replace(context, environment={"PATH": "/nonexistent"})
        with pytest.raises(AbsentError, match="no local stack"):
            next(logs.collect(nothing))

    def test_only_whole_lines_of_the_end_are_taken_and_no_link_is_followed(
        self, context: Context, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logs, "_TAIL_BYTES", 12)
        folder = context.state_folder / "stack"
        folder.mkdir(parents=True)
        (folder / "exporter.log").write_text("first line\nsecond\nlast\n")
        (folder / "link.log").symlink_to("/etc/passwd")
        found = logs.collect(replace(context, environment={"PATH": "/nonexistent"}))
        assert data(found) == {"logs/exporter.log": "last\n"}

    def test_journald_is_asked_for_our_units_and_given_up(
        self, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = tmp_path / "journalctl"
        program.write_text('#!/bin/sh\necho "$@"\n')
        program.chmod(0o755)
        asked = replace(context, environment={"PATH": f"{tmp_path}:/usr/bin:/bin"})
        system, user = data(logs.collect(asked))["logs/service.log"].splitlines()
        assert "--unit=alignwatch --unit=alignwatch-maintenance" in system
        assert "--no-hostname" in system
        assert "--user" in user
        program.write_text("#!/bin/sh\nexec sleep 60\n")
        monkeypatch.setattr(logs, "_SECONDS", 0.1)
        with pytest.raises(AbsentError, match=r"did not end within 0\.1 s"):
            next(logs.collect(asked))


def test_what_the_exporter_does_is_a_switch(context: Context) -> None:
    settings = Settings(diagnostics=Diagnostics(performance_snapshots=False))
    with pytest.raises(AbsentError, match=r"diagnostics\.performance_snapshots is false"):
        list(exporter.collect(replace(context, settings=settings)))


def test_the_exporter_s_slowest_probes_come_first(context: Context) -> None:
    page = "".join(f'alignment_probe_duration_seconds{{probe="p{n}"}} {n % 7}.5\n' for n in range(30))
    with running(content_with(page.encode())) as site:
        settings = Settings(report=Report(exporter=Server(url=site.addresses[0])))
        found = data(exporter.collect(replace(context, settings=settings)))
    slowest = found["exporter/slowest_probes.json"]
    assert len(slowest) == 20
    assert slowest[0] == {"probe": '{probe="p6"}', "seconds": 6.5}
    assert "p29" in found["exporter/metrics.txt"]


def test_the_profile_of_a_process_that_serves(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Those of tests that run at the same time are told of too.
    monkeypatch.setattr(exporter, "_MOST_PROCESSES", 1000)
    script = tmp_path / "alignwatch"
    script.write_text("#!/bin/sh\nread x\n")
    script.chmod(0o755)
    with subprocess.Popen(["/bin/sh", str(script), "serve"], stdin=subprocess.PIPE) as process:
        # Popen returns a moment before the kernel has noted with what it was started.
        wait_until(Path(f"/proc/{process.pid}/cmdline").read_bytes, "its command line")
        with pytest.raises(AbsentError, match="cannot be reached"):
            for member in exporter.collect(context):
                assert member.name == "exporter/process.json"
                (profile,) = [one for one in member.content if one["pid"] == process.pid]
        process.kill()
    assert profile["status"]["Threads"] == "1"
    assert profile["threads"][0]["cpu_seconds"] >= 0
    assert profile["descriptors"]["pipe"] >= 1
    assert profile["command"][-1] == "serve"
