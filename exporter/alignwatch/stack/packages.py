"""Debian packages used without installing them.

Installing ``prometheus`` and ``prometheus-alertmanager`` would need root and start both as services on all
interfaces. So apt fetches them, with the system's sources and keyrings but lists and caches of our own,
and they are unpacked into a folder: the system stays as it is.
"""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from alignwatch.errors import AlignwatchError
from alignwatch.files import write_atomically

_FIXED_FOLDER = b"/usr/share/prometheus"
"""Where Debian's builds look for web pages and the default notification template; no option changes it, and
Alertmanager does not start without it."""
_OUR_FOLDER = b"/dev/fd/9/prometheus/"
"""The same number of bytes: ``usr/share/prometheus`` of the unpacked package, open as descriptor 9."""
_WRAPPER = '#!/bin/sh\nexec 9<{share} && exec {program} "$@"\n'

_APT_CONFIGURATION = """\
// The machine's hooks are not for a run that changes nothing on it.
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "2";
"""
_DEADLINE_SECONDS = 900.0


def bin_dir(cache: Path) -> Path:
    """The folder, fit for PATH, with the programs of the packages unpacked into ``cache``."""
    return cache / "bin"


def unpack(wanted: Iterable[Sequence[str]], cache: Path) -> None:
    """Fetches packages, checked against the signatures of the system's sources, and unpacks them.

    Args:
        wanted: alternatives for each package; the first that the sources know is taken.
        cache: what is kept lies here.

    Raises:
        AlignwatchError: no Debian or Ubuntu, no network, no such package, a wrong signature, a full disk.
    """
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise AlignwatchError(f"no {tool} here, so not a Debian or Ubuntu system")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="getting-") as scratch:
            for archive in _fetch(wanted, Path(scratch)):
                _publish(archive, cache)
    except OSError as error:
        raise AlignwatchError(f"{cache}: Debian's packages cannot be kept here: {error}") from None


def _fetch(wanted: Iterable[Sequence[str]], scratch: Path) -> list[Path]:
    """The package files, downloaded into a folder."""
    configuration = scratch / "apt.conf"
    configuration.write_text(_APT_CONFIGURATION)
    folders = {"Dir::State::Lists": scratch / "lists", "Dir::Cache": scratch / "cache"}
    for folder in folders.values():
        (folder / "partial").mkdir(parents=True)
    (scratch / "cache" / "archives" / "partial").mkdir(parents=True)
    options = [f"--config-file={configuration}", *(f"--option={key}={path}" for key, path in folders.items())]

    # One source out of order is no obstacle as long as another has the package, so the exit code says little.
    update = _run(["apt-get", *options, "--quiet", "update"], scratch)
    names = [_known(alternatives, options, scratch, update) for alternatives in wanted]
    download = _run(["apt-get", *options, "--quiet", "download", *dict.fromkeys(names)], scratch)
    if download.returncode != 0:
        raise AlignwatchError(f"apt-get cannot download {' '.join(names)}{_complaint(download)}")
    return sorted(scratch.glob("*.deb"))


def _known(
    alternatives: Sequence[str],
    options: Sequence[str],
    scratch: Path,
    update: subprocess.CompletedProcess[str],
) -> str:
    for name in alternatives:
        if _run(["apt-cache", *options, "show", name], scratch).returncode == 0:
            return name
    raise AlignwatchError(f"apt-get knows no package {alternatives[-1]!r}{_complaint(update)}")


def _publish(archive: Path, cache: Path) -> None:
    """Unpacks one package file and makes its programs commands in :func:`bin_dir`."""
    fresh = archive.with_suffix("")
    unpacked = _run(["dpkg-deb", "--extract", os.fspath(archive), os.fspath(fresh)], archive.parent)
    if unpacked.returncode != 0:
        raise AlignwatchError(f"{archive.name} cannot be unpacked{_complaint(unpacked)}")
    root = cache / fresh.name
    for program in (fresh / "usr" / "bin").iterdir():
        program.write_bytes(program.read_bytes().replace(_FIXED_FOLDER, _OUR_FOLDER))
    # Another run may have put the same package there first: its copy is as good.
    with suppress(OSError):
        fresh.rename(root)
    bin_dir(cache).mkdir(exist_ok=True)
    for program in (root / "usr" / "bin").iterdir():
        script = _WRAPPER.format(
            share=shlex.quote(os.fspath(root / "usr" / "share")), program=shlex.quote(os.fspath(program))
        )
        write_atomically(bin_dir(cache) / program.name, script.encode(), mode=0o755)


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_DEADLINE_SECONDS,
            text=True,
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AlignwatchError(f"{command[0]} did not end within {_DEADLINE_SECONDS:g} s") from None


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The line that says best why a command failed: its first error, else its first warning."""
    lines = done.stdout.splitlines()
    for beginnings in (("E:", "dpkg-deb: error"), ("W: Failed",)):
        for line in lines:
            if line.startswith(beginnings):
                return f": {line.strip()}"
    return ""
