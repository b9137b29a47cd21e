import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from alignwatch.cli import main
from alignwatch.errors import ExitCode
from alignwatch.stack import addresses, members
from support.servers import free_port
from support.stack import stack, up_arguments, up_command
from support.waiting import wait_until, wait_until_ended


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH: git and what starts servers, but no server; what was fetched is away too."""
    folder = tmp_path / "path"
    folder.mkdir()
    for name in ("git", "setpriv", "sh", "sleep"):
        (folder / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def fake_server(folder: Path, name: str, script: str) -> None:
    product = name.removeprefix("prometheus-")
    (folder / name).write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "{product}, version 1.2.3" && exit\n{script}\n'
    )
    (folder / name).chmod(0o755)


def run_up(state_dir: Path, *arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        up_command(state_dir, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def left_behind(state_dir: Path) -> set[str]:
    return {"lock", "addresses.json"} & {path.name for path in (state_dir / "stack").iterdir()}


@pytest.mark.usefixtures("bare_path")
def test_without_prometheus_the_exporter_runs_and_what_is_missing_is_said(
    state_dir: Path, repository: Path
) -> None:
    with stack(state_dir, folder=repository) as up:
        known = up.addresses()
        assert known.prometheus is None
        assert known.alertmanager is None
        assert "without Prometheus and Alertmanager" in up.said
        assert "prometheus.io/download" in up.said
        assert f"exporter      {known.exporter}/" in up.said
        children = up.children()
        assert children

        assert up.interrupt() == 0

    wait_until_ended(*children)
    assert left_behind(state_dir) == set()


@pytest.mark.usefixtures("bare_path")
def test_a_second_one_says_who_holds_the_state_folder(state_dir: Path, repository: Path) -> None:
    with stack(state_dir, repository) as up:
        known = up.addresses()

        code, said = run_up(state_dir, repository)

        assert code == ExitCode.FAULT
        assert f"process {up.process.pid}, since " in said
        assert "--state-dir" in said
        assert addresses.read(state_dir) == known


@pytest.mark.usefixtures("bare_path")
def test_kill_9_leaves_no_child_and_the_next_one_goes_on(state_dir: Path, repository: Path) -> None:
    with stack(state_dir, repository) as up:
        up.addresses()
        children = up.children()
        up.process.kill()
        wait_until_ended(*children)

    with stack(state_dir, repository) as up:
        up.addresses()
        assert up.interrupt() == 0


@pytest.mark.usefixtures("bare_path")
def test_the_exporters_end_is_the_stacks_end(state_dir: Path, repository: Path) -> None:
    with stack(state_dir, repository) as up:
        up.addresses()
        exporter = up.child("serve")
        exporter.kill()

        assert up.process.wait(30) == ExitCode.FAULT
        assert f"exporter (process {exporter.pid}) ended with signal SIGKILL; the end of " in up.said
    assert left_behind(state_dir) == set()


def test_a_prometheus_that_ends_is_told_of_and_the_others_go_on(
    state_dir: Path, repository: Path, bare_path: Path
) -> None:
    fake_server(bare_path, "prometheus", "echo cannot read the data >&2; exit 3")
    with stack(state_dir, repository) as up:
        known = up.addresses()

        assert known.prometheus is None
        assert "Prometheus (process " in up.said
        assert "ended with exit code 3" in up.said
        assert "\n    cannot read the data\nThe others go on." in up.said
        assert up.interrupt() == 0


def test_a_server_that_never_answers_is_given_up_with_its_last_words(
    state_dir: Path, repository: Path, bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_server(bare_path, "prometheus", "echo thinking; exec sleep 600")
    monkeypatch.setattr("alignwatch.stack.up._START_SECONDS", 5)
    for name in ("EXPORTER_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT"):
        monkeypatch.setattr(members, name, free_port())
    monkeypatch.chdir(repository)

    code = main([str(part) for part in up_arguments(state_dir)])

    assert code == ExitCode.FAULT
    assert left_behind(state_dir) == set()
    for one in psutil.Process().children():
        with suppress(psutil.Error):  # One that has ended meanwhile has no command line.
            assert "serve" not in one.cmdline()


def test_ctrl_c_while_it_waits_ends_all(state_dir: Path, repository: Path, bare_path: Path) -> None:
    fake_server(bare_path, "prometheus-alertmanager", "exec sleep 600")
    with stack(state_dir, repository) as up:
        wait_until(lambda: len(up.children()) >= 2, "both children")
        children = up.children()

        assert up.interrupt() == 0

    wait_until_ended(*children)
    assert "Ctrl-C" not in up.said
    assert left_behind(state_dir) == set()


@pytest.mark.usefixtures("bare_path")
def test_a_closed_terminal_ends_all(state_dir: Path, repository: Path) -> None:
    with stack(state_dir, repository) as up:
        up.addresses()
        children = up.children()
        os.killpg(up.process.pid, signal.SIGHUP)

        assert up.process.wait(30) == 0
    wait_until_ended(*children)


@pytest.mark.usefixtures("bare_path")
def test_ends_when_nobody_reads_what_it_says(state_dir: Path, repository: Path) -> None:
    with subprocess.Popen(up_command(state_dir, repository), stdout=subprocess.PIPE) as up:
        assert up.stdout is not None
        up.stdout.readline()
        up.stdout.close()

        assert up.wait(30) == ExitCode.FAULT
    assert left_behind(state_dir) == set()


@pytest.mark.usefixtures("bare_path")
def test_addresses_that_a_killed_one_left_are_not_believed(state_dir: Path, repository: Path) -> None:
    addresses.stack_dir(state_dir).mkdir(parents=True)
    addresses.write(state_dir, addresses.Addresses("http://127.0.0.1:1", "http://127.0.0.1:2", None))

    with stack(state_dir, repository) as up:
        assert up.addresses().prometheus is None


@pytest.mark.usefixtures("bare_path")
def test_watches_what_a_configuration_names(state_dir: Path, repository: Path, tmp_path: Path) -> None:
    configuration = tmp_path / "alignwatch.yaml"
    configuration.write_text(f"repositories: [{{path: {repository}, name: the-one}}]\n")
    with stack(state_dir, f"--config={configuration}", folder=tmp_path) as up:
        up.addresses()

        assert "the-one" in up.said


@pytest.mark.usefixtures("bare_path")
def test_modules_in_a_repository_are_never_imported(
    state_dir: Path, repository: Path, tmp_path: Path
) -> None:
    (repository / "yaml.py").write_text(f"open({str(tmp_path / 'trap')!r}, 'w')\n")
    with stack(state_dir, repository) as up:
        up.addresses()

    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("name", ["nothing", "a-file", "a-folder"])
def test_what_is_no_repository_is_one_line(state_dir: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "a-folder").mkdir()
    (tmp_path / "a-file").touch()

    code, said = run_up(state_dir, tmp_path / name)

    assert code == ExitCode.USAGE
    assert said.startswith(f"alignwatch up: {tmp_path / name}: ")
    assert said.count("\n") == 1


def test_a_repository_beside_a_configuration_is_refused(state_dir: Path, tmp_path: Path) -> None:
    code, said = run_up(state_dir, tmp_path, f"--config={tmp_path / 'alignwatch.yaml'}")

    assert code == ExitCode.USAGE
    assert "REPOSITORY and a configuration file exclude each other" in said


def test_users_and_tls_are_refused(state_dir: Path, repository: Path, tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text("")
    (tmp_path / "alignwatch.yaml").write_text(
        f"repositories: [{{path: {repository}}}]\nweb: {{config_file: web.yml}}\n"
    )

    code, said = run_up(state_dir, f"--config={tmp_path / 'alignwatch.yaml'}")

    assert code == ExitCode.USAGE
    assert said.startswith("alignwatch up: web.config_file: ")


@pytest.mark.parametrize("interval", ["0", "-1", "1.5", "soon"])
def test_an_interval_that_is_none_is_refused(state_dir: Path, interval: str) -> None:
    code, said = run_up(state_dir, f"--scrape-interval={interval}")

    assert code == ExitCode.USAGE
    assert "no whole number of seconds above 0" in said


@pytest.mark.usefixtures("bare_path")
def test_a_state_folder_that_cannot_be_made_is_named(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    code, said = run_up(tmp_path / "file" / "state", repository)

    assert code == ExitCode.FAULT
    assert "/file/state/stack: Not a directory; make it writable" in said
