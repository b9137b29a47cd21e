from pathlib import Path

import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.stack import packages, servers
from alignwatch.stack.packages import bin_dir
from alignwatch.stack.servers import ALERTMANAGER, PROMETHEUS, cache_dir, find, provide, remedy

THIS_ONE = 'echo "prometheus, version 9.8.7 (branch: HEAD)"'


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; it holds a shell and nothing else. The cache is our own too."""
    folder = tmp_path / "path"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_found_on_path_with_its_version(path: Path) -> None:
    program(path, "prometheus", THIS_ONE)

    found = find(PROMETHEUS, cache_dir())

    assert found is not None
    assert (found.path, found.version) == (path / "prometheus", "9.8.7")


def test_found_by_the_name_that_other_distributions_use_and_with_its_version_on_stderr(path: Path) -> None:
    program(path, "alertmanager", "echo 'alertmanager, version 0.1 (x)' >&2")

    found = find(ALERTMANAGER, cache_dir())

    assert found is not None
    assert found.path == path / "alertmanager"


def test_path_goes_before_what_we_got_ourselves(path: Path) -> None:
    program(bin_dir(cache_dir()), "prometheus", THIS_ONE.replace("9.8.7", "1.0"))
    first = find(PROMETHEUS, cache_dir())
    program(path, "prometheus", THIS_ONE)
    then = find(PROMETHEUS, cache_dir())

    assert first is not None and first.version == "1.0"
    assert then is not None and then.version == "9.8.7"


@pytest.mark.parametrize("script", ["echo something else", "exit 1", "exec sleep 60"])
def test_what_does_not_tell_its_version_is_another_program(
    path: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "_VERSION_DEADLINE_SECONDS", 0.2)
    program(path, "prometheus", script.replace("sleep", "/bin/sleep"))

    assert find(PROMETHEUS, cache_dir()) is None


def test_what_cannot_be_run_is_not_found(path: Path) -> None:
    (path / "prometheus").write_bytes(b"\x7fELF")
    (path / "prometheus").chmod(0o755)

    assert find(PROMETHEUS, cache_dir()) is None


def test_the_cache_is_where_xdg_says(tmp_path: Path) -> None:
    assert cache_dir({"XDG_CACHE_HOME": "/x"}) == Path("/x/alignwatch/servers")
    assert cache_dir({}) == Path.home() / ".cache/alignwatch/servers"


def test_what_is_missing_is_fetched_and_found(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(path, "prometheus", THIS_ONE)
    said: list[str] = []

    def unpack(wanted: list[tuple[str, ...]], cache: Path) -> None:
        assert wanted == [("prometheus-alertmanager",)]
        program(bin_dir(cache), "prometheus-alertmanager", "echo 'alertmanager, version 0.2'")

    monkeypatch.setattr(packages, "unpack", unpack)
    found = provide((PROMETHEUS, ALERTMANAGER), download=True, say=said.append)

    assert {program.name: server.version for program, server in found.items()} == {
        "Prometheus": "9.8.7",
        "Alertmanager": "0.2",
    }
    assert said == [
        f"getting Alertmanager: Debian's packages, unpacked into {cache_dir()}, nothing is installed"
    ]


def test_what_cannot_be_fetched_is_said_with_reason_and_remedy(path: Path) -> None:
    said: list[str] = []

    assert provide((PROMETHEUS, ALERTMANAGER), download=True, say=said.append) == {}
    assert said[1:] == [
        "no apt-get here, so not a Debian or Ubuntu system",
        "without Prometheus and Alertmanager, because there is none that runs; "
        "get Prometheus and Alertmanager from https://prometheus.io/download/ and put them on PATH",
    ]


def test_nothing_is_fetched_when_that_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def unpack(wanted: object, cache: Path) -> None:
        raise AlignwatchError("must not be called")

    monkeypatch.setattr(packages, "unpack", unpack)
    said: list[str] = []

    assert provide((PROMETHEUS,), download=False, say=said.append) == {}
    assert len(said) == 1


def test_the_remedy_on_debian_is_one_command(path: Path) -> None:
    program(path, "apt-get", "exit 0")

    assert remedy() == "run: sudo apt-get install prometheus prometheus-alertmanager"
