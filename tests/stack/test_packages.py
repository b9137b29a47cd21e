"""Debian packages from repositories made here, by the real apt; one test asks Debian itself."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.stack import packages
from alignwatch.stack.packages import bin_dir, unpack
from support.servers import alertmanager, get_json

pytestmark = pytest.mark.skipif(shutil.which("apt-get") is None, reason="needs apt-get")

Repository = Callable[..., None]

PROGRAM = '#!/bin/sh\nprintf \'%s|\' "$0" "$@"; cat /usr/share/prometheus/page\n'


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "it's a cache" / "servers"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's source list, which apt is made to believe is this one."""
    listed = tmp_path / "sources.list"
    configuration = tmp_path / "apt.conf"
    configuration.write_text(
        f'Dir::Etc::SourceList "{listed}";\nDir::Etc::SourceParts "/dev/null";\n'
        f'APT::Update::Post-Invoke {{ "touch {tmp_path}/hook-ran"; }};\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(configuration))
    return listed


@pytest.fixture
def repository(sources: Path, tmp_path: Path) -> Repository:
    """Makes the source list name one repository with packages of one program each."""

    def make(*names: str, options: str = "[trusted=yes]") -> None:
        folder = tmp_path / "debian"
        index = []
        for name in names:
            archive = build(tmp_path / name, name, folder)
            content = archive.read_bytes()
            index.append(
                f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.invalid>\n"
                f"Description: x\nFilename: ./{archive.name}\nSize: {len(content)}\n"
                f"SHA256: {hashlib.sha256(content).hexdigest()}\n"
            )
        (folder / "Packages").write_text("\n".join(index))
        sources.write_text(f"deb {options} file:{folder} ./\n")

    return make


def build(tree: Path, name: str, into: Path) -> Path:
    control = f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.invalid>\n"
    files = {
        "DEBIAN/control": control + "Description: x\n",
        f"usr/bin/{name}": PROGRAM,
        "usr/share/prometheus/page": f"page of {name}",
    }
    for path, content in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(content)
    (tree / "usr" / "bin" / name).chmod(0o755)
    into.mkdir(exist_ok=True)
    archive = into / f"{name}_1.0_all.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--build", tree, archive], check=True, stdout=subprocess.DEVNULL
    )
    return archive


def run(command: Path, *arguments: str) -> str:
    return subprocess.run([command, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def test_programs_become_commands_that_find_the_files_of_their_own_package(
    repository: Repository, cache: Path
) -> None:
    repository("one", "two")

    unpack([("one",), ("two",)], cache)

    assert run(bin_dir(cache) / "one", "a b", "$c").endswith("usr/bin/one|a b|$c|page of one")
    assert run(bin_dir(cache) / "two").endswith("|page of two")


def test_keeps_only_the_packages_and_changes_nothing_else(
    repository: Repository, cache: Path, tmp_path: Path
) -> None:
    repository("one")
    before = set(tmp_path.iterdir())

    unpack([("one",)], cache)

    assert sorted(path.name for path in cache.iterdir()) == ["bin", "one_1.0_all"]
    assert set(tmp_path.iterdir()) - before == {cache.parent}


def test_the_first_alternative_that_exists_is_taken(repository: Repository, cache: Path) -> None:
    repository("one", "two")

    unpack([("none", "two", "one"), ("two",)], cache)

    assert [path.name for path in bin_dir(cache).iterdir()] == ["two"]


def test_a_second_time_goes_well_too(repository: Repository, cache: Path) -> None:
    repository("one")
    unpack([("one",)], cache)

    unpack([("one",)], cache)

    assert run(bin_dir(cache) / "one").endswith("page of one")


def test_an_unsigned_source_is_refused(repository: Repository, cache: Path) -> None:
    repository("one", options="[trusted=no]")

    with pytest.raises(AlignwatchError, match=r"no package 'one': E: The repository .* Release file"):
        unpack([("one",)], cache)
    assert list(cache.iterdir()) == []


def test_a_source_out_of_reach_is_named(sources: Path, cache: Path) -> None:
    sources.write_text("deb http://127.0.0.1:1/debian ./\n")

    with pytest.raises(AlignwatchError, match=r"no package 'one': W: Failed to fetch http://127\.0\.0\.1:1/"):
        unpack([("one",)], cache)


def test_a_package_that_is_not_what_the_source_lists_is_refused(
    repository: Repository, cache: Path, tmp_path: Path
) -> None:
    repository("one")
    archive = tmp_path / "debian" / "one_1.0_all.deb"
    archive.write_bytes(archive.read_bytes()[:-1] + b"x")

    with pytest.raises(AlignwatchError, match=r"cannot download one: E: .*Hash Sum mismatch"):
        unpack([("one",)], cache)


def test_a_package_that_no_source_has_is_named(repository: Repository, cache: Path) -> None:
    repository("one")

    with pytest.raises(AlignwatchError, match=r"knows no package 'none'$"):
        unpack([("one",), ("none",)], cache)


def test_a_damaged_archive_is_named(repository: Repository, cache: Path, tmp_path: Path) -> None:
    repository("one")
    archive = tmp_path / "debian" / "one_1.0_all.deb"
    index = tmp_path / "debian" / "Packages"
    old = archive.read_bytes()
    archive.write_bytes(new := bytes(len(old)))
    index.write_text(
        index.read_text().replace(hashlib.sha256(old).hexdigest(), hashlib.sha256(new).hexdigest())
    )

    with pytest.raises(AlignwatchError, match=r"one_1\.0_all\.deb cannot be unpacked: dpkg-deb: error"):
        unpack([("one",)], cache)


def test_another_system_is_said_to_be_one(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(AlignwatchError, match="no apt-get here, so not a Debian or Ubuntu system"):
        unpack([("one",)], cache)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(AlignwatchError, match=r"/file/servers: .*cannot be kept here: .*Not a directory"):
        unpack([("one",)], tmp_path / "file" / "servers")


def test_an_apt_that_hangs_is_ended(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "apt-get").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(packages, "_DEADLINE_SECONDS", 0.1)

    with pytest.raises(AlignwatchError, match=r"apt-get did not end within 0\.1 s"):
        unpack([("one",)], cache)


def test_debians_own_alertmanager_runs_unpacked(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        unpack([("prometheus-alertmanager",)], cache)
    except AlignwatchError as error:
        assert "apt-get" in str(error)
        pytest.skip(f"Debian's package cannot be had: {error}")
    monkeypatch.setenv("PATH", f"{bin_dir(cache)}{os.pathsep}{os.environ['PATH']}")

    with alertmanager(tmp_path / "runs") as server:
        assert get_json(f"{server.url}/api/v2/status")["versionInfo"]["version"]

    (template,) = cache.glob("*/usr/share/prometheus/alertmanager/default.tmpl")
    template.unlink()
    with pytest.raises(AssertionError, match=r"/dev/fd/9/prometheus/.*default\.tmpl: no such file"):
        alertmanager(tmp_path / "does-not").__enter__()
