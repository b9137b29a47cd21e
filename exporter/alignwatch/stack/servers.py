"""Where Prometheus and Alertmanager are on this machine, and how to get them."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alignwatch.errors import AlignwatchError
from alignwatch.stack import packages

_VERSION = re.compile(r"^(prometheus|alertmanager|promtool|amtool), version (\S+)", re.MULTILINE)
_VERSION_DEADLINE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Program:
    """One program of the Prometheus project."""

    name: str
    executables: tuple[str, ...]
    """What it is called on PATH, Debian's name first."""
    packages: tuple[str, ...]
    """Debian packages that hold it, newest arrangement first; the first that exists is taken."""


PROMETHEUS = Program("Prometheus", ("prometheus",), ("prometheus",))
ALERTMANAGER = Program(
    "Alertmanager", ("prometheus-alertmanager", "alertmanager"), ("prometheus-alertmanager",)
)
PROMTOOL = Program("promtool", ("promtool",), ("promtool", "prometheus"))
AMTOOL = Program("amtool", ("amtool",), ("prometheus-alertmanager",))


@dataclass(frozen=True, slots=True)
class Found:
    """A program on this machine."""

    path: Path
    version: str


def cache_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """Where programs that we got ourselves are kept, by the XDG base directory specification."""
    cache_home = environment.get("XDG_CACHE_HOME")
    return (Path(cache_home) if cache_home else Path.home() / ".cache") / "alignwatch" / "servers"


def find(program: Program, cache: Path) -> Found | None:
    """The program on PATH, else the one that we got earlier; None if there is none that runs."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), os.fspath(packages.bin_dir(cache))])
    for executable in program.executables:
        path = shutil.which(executable, path=search)
        version = _version(path) if path else None
        if path and version:
            return Found(Path(path), version)
    return None


def provide(
    programs: Sequence[Program], *, download: bool, say: Callable[[str], None]
) -> dict[Program, Found]:
    """Finds programs, and fetches those that are missing from the distribution if that is allowed.

    Args:
        programs: what is wanted.
        download: whether to fetch.
        say: is told in a line what happens, what is missing in the end and the remedy.

    Returns:
        Those that are there.
    """
    cache = cache_dir()
    found = _find_all(programs, cache)
    missing = [program for program in programs if program not in found]
    if missing and download:
        say(f"getting {_names(missing)}: Debian's packages, unpacked into {cache}, nothing is installed")
        try:
            packages.unpack([program.packages for program in missing], cache)
        except AlignwatchError as error:
            say(str(error))
        found |= _find_all(missing, cache)
        missing = [program for program in missing if program not in found]
    if missing:
        say(f"without {_names(missing)}, because there is none that runs; {remedy()}")
    return found


def remedy() -> str:
    """How a person gets Prometheus and Alertmanager on this system."""
    if shutil.which("apt-get"):
        return "run: sudo apt-get install prometheus prometheus-alertmanager"
    return "get Prometheus and Alertmanager from https://prometheus.io/download/ and put them on PATH"


def _find_all(programs: Sequence[Program], cache: Path) -> dict[Program, Found]:
    return {program: server for program in programs if (server := find(program, cache)) is not None}


def _names(programs: Sequence[Program]) -> str:
    return " and ".join(program.name for program in programs)


def _version(path: str) -> str | None:
    try:
        done = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_VERSION_DEADLINE_SECONDS,
            text=True,
            errors="replace",
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(done.stdout)
    return found[2] if found else None
