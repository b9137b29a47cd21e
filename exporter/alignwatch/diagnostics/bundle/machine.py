"""What runs here: versions, the kernel, and variables that change what git and Alignwatch do."""

import importlib.metadata
import os
import platform
import re
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alignwatch import __version__
from alignwatch.assets import asset
from alignwatch.diagnostics.bundle.part import Member
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.secrets import HIDDEN
from alignwatch.diagnostics.servers import alertmanager_client_of, page, prometheus
from alignwatch.errors import AlignwatchError

_VARIABLES = ("ALIGNWATCH_", "GIT_", "LC_", "XDG_")
_NAMES = ("HOME", "LANG", "LANGUAGE", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "VIRTUAL_ENV")
_GIVEN_TO_GIT = ("GIT_CONFIG_VALUE_", "GIT_CONFIG_PARAMETERS")
"""Settings of any kind; what each is stands in another variable."""
_AFTER_NAME = re.compile(r"[^A-Za-z0-9._-]")
_SECONDS = 5.0


def collect(context: Context) -> Iterator[Member]:
    """``versions.json`` and ``environment.json``."""
    yield Member("versions.json", _versions(context))
    shown = {
        name: HIDDEN if name.startswith(_GIVEN_TO_GIT) else value
        for name, value in sorted(context.environment.items())
        if name in _NAMES or name.startswith(_VARIABLES)
    }
    yield Member("environment.json", shown)


def _versions(context: Context) -> dict[str, Any]:
    return {
        "alignwatch": __version__,
        "rule_pack": asset("rules", "VERSION").read_text().strip(),
        "python": sys.version,
        "git": _git(context),
        "sqlite": sqlite3.sqlite_version,
        "system": _system(),
        "libraries": _libraries(),
        "servers": _servers(context),
    }


def _git(context: Context) -> str | None:
    try:
        said = context.git.run(Path("/"), "version", "--build-options", deadline=_SECONDS)
    except AlignwatchError:
        return None
    return said.stdout.decode(errors="replace").strip()


def _system() -> dict[str, object]:
    told = platform.uname()
    try:
        distribution = platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:
        distribution = None
    # Not told.node, the machine's name.
    return {
        "distribution": distribution,
        "kernel": f"{told.system} {told.release} {told.version}",
        "machine": told.machine,
        "processors": os.cpu_count(),
    }


def _libraries() -> dict[str, str | None]:
    """The versions of all that Alignwatch needs."""
    found: dict[str, str | None] = {}
    for requirement in importlib.metadata.requires("alignwatch") or ():
        if "extra ==" in requirement:
            continue
        name = _AFTER_NAME.split(requirement, maxsplit=1)[0]
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def _servers(context: Context) -> dict[str, object]:
    """What each server says of itself, or why it says nothing."""
    asked = prometheus(context, "/status/buildinfo", dict[str, Any])
    try:
        with alertmanager_client_of(context) as client:
            alerts: object = client.get("/api/v2/status", {}, dict[str, Any]).get("versionInfo")
    except AlignwatchError as error:
        alerts = str(error)
    exporter = page(context)
    built = [line for line in (exporter.said or "").splitlines() if line.startswith("alignment_build_info{")]
    return {
        "prometheus": asked.said if asked.finding is None else asked.finding.seen,
        "alertmanager": alerts,
        "exporter": built or (exporter.finding.seen if exporter.finding else None),
    }
