"""Whether this machine knows the time zones that it needs, and of their latest changes.

A `TZ` that names no zone is UTC to most programs, cron among them, and nobody is told. Without the time zone
database no other zone than UTC can be named. Zones change several times a year; a database older than two
years has wrong times for some.
"""

import re
import zoneinfo
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, critical, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.maintenance import timings_of
from alignwatch.diagnostics.status import Status
from alignwatch.errors import UsageError
from alignwatch.maintenance.windows import time_zone

LISTS = (Path("/usr/share/zoneinfo/tzdata.zi"), Path("/usr/share/zoneinfo/+VERSION"))
"""Files that begin with the database's version."""

_VERSION = re.compile(r"(?:# version )?(\d{4})[a-z]+\s")
_OLD_YEARS = 2
_PLAIN = re.compile(r":?(<[\w+-]+>|[A-Za-z]{3,})(-?\+?\d.*)?")
"""``UTC``, ``CET-1CEST`` and their like: no name of the database, and understood without it."""
_INSTALL = "apt-get", "install", "--reinstall", "tzdata"


def _run(context: Context) -> Iterator[Finding]:
    if not zoneinfo.available_timezones():
        yield critical("this machine has no time zone database", "install it", _INSTALL)
        return
    name = context.environment.get("TZ", "").removeprefix(":")
    if name and not name.startswith("/") and not _is_known(name) and not _PLAIN.fullmatch(name):
        yield warning(
            f"TZ is {name!r}, which is no time zone: programs take it for UTC",
            "name one that is known, such as Europe/Berlin",
            ("timedatectl", "list-timezones"),
            key="TZ",
        )
    for task, (_, zone) in timings_of(context).items():
        if not _is_known(zone):
            yield critical(
                f"{task} is scheduled in the time zone {zone!r}, which this machine does not know",
                "schedule it anew, or install the time zone",
                ("alignwatch", "maintenance", "unschedule", task),
            )
    yield from _age(context)


def _age(context: Context) -> Iterator[Finding]:
    year = datetime.fromtimestamp(context.now, UTC).year
    for file in LISTS:
        with suppress(OSError), file.open() as opened:
            found = _VERSION.match(opened.read(100))
            if found is None:
                continue
            if year - int(found[1]) > _OLD_YEARS:
                yield warning(
                    f"the time zones are those of {found[1]}: some have changed since", "upgrade", _INSTALL
                )
            else:
                yield ok(f"the time zones are those of {found[0].split()[-1]}")
            return


def _is_known(name: str) -> bool:
    try:
        time_zone(name)
    except UsageError:
        return False
    return True


CHECK = Check(
    id="time-zones",
    summary="the time zones that are named are known, and up to date",
    well="the time zones are known",
    reaches=Status.CRITICAL,
    run=_run,
)
