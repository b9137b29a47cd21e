"""Faults of the machine and its programs."""

import os
import resource
import zoneinfo
from collections.abc import Callable
from types import SimpleNamespace

from alignwatch.diagnostics.status import Status
from alignwatch.journal.store import Journal
from support.doctor import HOUR, Case, World, all_of, sets
from support.journals import operation

W, C, OK, S = Status.WARNING, Status.CRITICAL, Status.OK, Status.SKIPPED
_CLOCK, _SYNC, _ZONES = "clock", "clock-synchronised", "time-zones"
_CHECKS = "diagnostics.checks.environment"


def _git_is(version: str) -> Callable[[World], object]:
    return lambda one: one.program("git", f"echo 'git version {version}'")


def _has(name: str, value: str) -> Callable[[World], object]:
    return lambda one: one.environment.update({name: value})


def _python(*version: object) -> Callable[[World], object]:
    return lambda one: one.patch(f"{_CHECKS}.python_version.sys", SimpleNamespace(version_info=version))


def _in_year(year: float) -> Callable[[World], object]:
    def do(one: World) -> None:
        one.ahead += (year - 1970) * 365.2425 * 86400 - one.now

    return do


def _systemd_says(said: str) -> Callable[[World], object]:
    return lambda one: one.program("timedatectl", f"printf '{said}'")


def _kernel(*, knows: bool) -> Callable[[World], object]:
    def do(one: World) -> None:
        one.program("timedatectl", "exit 1")
        one.patch(f"{_CHECKS}.clock_synchronised._kernel_knows", lambda: knows)

    return do


def _operation_ended(ahead: float) -> Callable[[World], object]:
    def do(one: World) -> None:
        with Journal(one.journal) as journal:
            journal.record(operation(started=one.now + ahead, duration=0.0))

    return do


def _run_claimed(ahead: float) -> Callable[[World], object]:
    columns = "task, repository, claimed, reason, output, pid, boot_id, process_started"
    statement = f"INSERT INTO maintenance_runs ({columns}) VALUES ('t', '', ?, '', '', 1, 'b', 1)"
    return lambda one: one.sql(statement, one.now + ahead)


def _no_zones(one: World) -> None:
    zoneinfo.reset_tzpath(to=())
    one.ends.callback(zoneinfo.reset_tzpath)


def _zones_of(first_line: str) -> Callable[[World], object]:
    return lambda one: one.patch(
        f"{_CHECKS}.time_zones.LISTS", (one.folder / "none", one.write("tzdata.zi", first_line))
    )


def _scheduled_in(zone: str) -> Callable[[World], object]:
    return lambda one: one.maintenance().schedule("log_rotation", "0 2 * * *", zone)


def _statvfs(**changes: int) -> Callable[[World], object]:
    names = (
        "f_bsize",
        "f_frsize",
        "f_blocks",
        "f_bfree",
        "f_bavail",
        "f_files",
        "f_ffree",
        "f_favail",
        "f_flag",
    )

    def do(one: World) -> None:
        figures = {
            **{name: getattr(os.statvfs(one.folder), name) for name in (*names, "f_namemax")},
            **changes,
        }
        one.monkeypatch.setattr(
            "alignwatch.probes.file_systems.os.statvfs", lambda _: SimpleNamespace(**figures)
        )

    return do


def _refuses(one: World) -> None:
    def statvfs(path: object) -> None:
        raise OSError(5, "Input/output error")

    one.monkeypatch.setattr("alignwatch.probes.file_systems.os.statvfs", statvfs)


def _may_open(number: int) -> Callable[[World], object]:
    def do(one: World) -> None:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        one.ends.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, before[1]))

    return do


def _open_files(text: str) -> Callable[[World], object]:
    return lambda one: one.patch(f"{_CHECKS}.descriptors.OPEN_FILES", one.write("file-nr", text))


def _processes(current: str, most: str) -> Callable[[World], object]:
    def do(one: World) -> None:
        one.write("groups/own/pids.current", current)
        one.write("groups/own/pids.max", most)
        one.patch(f"{_CHECKS}.descriptors.CONTROL_GROUP", one.write("cgroup", "0::/own\n"))
        one.patch(f"{_CHECKS}.descriptors.CONTROL_GROUPS", one.folder / "groups")

    return do


_DISK = "monitoring.alert_thresholds.disk_percent"
_BLOCKS = {"f_frsize": 4096, "f_blocks": 1000}

CASES = (
    Case("git-version", "no git on PATH", World.alone, C, "git does not run"),
    Case(
        "git-version", "a git that ends with 1", lambda one: one.program("git", "exit 1"), C, "ended with 1"
    ),
    Case(
        "git-version", "another program called git", lambda one: one.program("git", "echo hello"), W, "hello"
    ),
    Case("git-version", "git 2.30.2, of Debian 11", _git_is("2.30.2"), C, "cannot be kept"),
    Case("git-version", "git 2.34.1, of Ubuntu 22.04", _git_is("2.34.1"), W, "foresee"),
    Case("git-version", "git 2.34.1, which can be made to run code", _git_is("2.34.1"), W, "CVE-2022-41903"),
    Case("git-version", "git 2.39.2, before the fix of its line", _git_is("2.39.2"), W, "CVE-2024-32002"),
    Case("git-version", "git 2.45.0, before the fix of its line", _git_is("2.45.0"), W, "CVE-2024-32002"),
    Case("git-version", "git 2.39.5, of Debian 12", _git_is("2.39.5"), OK),
    Case("git-version", "git 2.44.1, the first of its line with the fix", _git_is("2.44.1"), OK),
    Case("git-version", "git 2.46.0.rc1", _git_is("2.46.0.rc1"), OK),
    Case("git-version", "git 2.47.1.windows.1", _git_is("2.47.1.windows.1"), OK),
    Case("git-version", "Apple's git", _git_is("2.50.1 (Apple Git-155)"), OK),
    Case("python-version", "Python 3.14 beta", _python(3, 14, 0, "beta", 2), W, "pre-release"),
    Case(
        "python-version",
        "Python 3.11 in 2028",
        all_of(_python(3, 11, 7, "final", 0), _in_year(2028.5)),
        W,
        "no security fixes since 2027-10",
    ),
    Case(
        "python-version", "Python 3.11 in 2026", all_of(_python(3, 11, 7, "final", 0), _in_year(2026.9)), OK
    ),
    Case("python-version", "a Python of the future", _python(3, 42, 0, "final", 0), OK),
    *(
        Case("git-environment", f"{name} is set", _has(name, "/srv/other"), W, name)
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_TRACE2_EVENT")
    ),
    Case("git-environment", "GIT_DIR is empty", _has("GIT_DIR", ""), OK),
    Case("git-environment", "an editor and an author", _has("GIT_AUTHOR_NAME", "a"), OK),
    Case(_CLOCK, "the clock says 1970", _in_year(1970.01), C, "before this version"),
    Case(_CLOCK, "an operation ended an hour from now", _operation_ended(HOUR), W, "from now"),
    Case(_CLOCK, "a maintenance run begins tomorrow", _run_claimed(24 * HOUR), W, "from now"),
    Case(_CLOCK, "an operation ended a minute from now", _operation_ended(60), OK),
    Case(_CLOCK, "no journal yet", lambda one: None, OK),
    Case(
        _SYNC, "no time server answers", _systemd_says(r"NTP=yes\nNTPSynchronized=no\n"), W, "no time server"
    ),
    Case(_SYNC, "nobody keeps the clock", _systemd_says(r"NTP=no\nNTPSynchronized=no\n"), W, "nothing keeps"),
    Case(_SYNC, "the clock is kept", _systemd_says(r"NTP=yes\nNTPSynchronized=yes\n"), OK),
    Case(_SYNC, "another program than NTP keeps it", _systemd_says(r"NTP=no\nNTPSynchronized=yes\n"), OK),
    Case(_SYNC, "no systemd, and the kernel knows", _kernel(knows=True), OK),
    Case(_SYNC, "no systemd, and the kernel does not know", _kernel(knows=False), S),
    Case(_ZONES, "TZ is misspelt", _has("TZ", "Europe/Berln"), W, "Europe/Berln"),
    Case(_ZONES, "no time zone database", _no_zones, C, "no time zone database"),
    Case(_ZONES, "a task is scheduled in no time zone", _scheduled_in("Mars/Olympus"), C, "Mars/Olympus"),
    Case(_ZONES, "time zones of 2019", _zones_of("# version 2019c\n"), W, "2019"),
    Case(_ZONES, "time zones of this year", all_of(_in_year(2026.5), _zones_of("# version 2026a\n")), OK),
    Case(
        _ZONES,
        "time zones of last year, listed by a package",
        all_of(_in_year(2026.5), _zones_of("2025b\n")),
        OK,
    ),
    Case(_ZONES, "no list of the time zones", _zones_of("nothing of use"), OK),
    Case(_ZONES, "TZ is a name", _has("TZ", ":Europe/Berlin"), OK),
    Case(_ZONES, "TZ is a rule", _has("TZ", "CET-1CEST,M3.5.0,M10.5.0/3"), OK),
    Case(_ZONES, "TZ is a file", _has("TZ", "/etc/localtime"), OK),
    Case(_ZONES, "a task is scheduled in a zone of its own", _scheduled_in("Asia/Tokyo"), OK),
    Case("disk-space", "91 % in use", _statvfs(**_BLOCKS, f_bfree=90, f_bavail=90), W, "in use"),
    Case("disk-space", "98 % in use", _statvfs(**_BLOCKS, f_bfree=20, f_bavail=20), C, "in use"),
    Case(
        "disk-space", "85 % in use, and the rest is root's", _statvfs(**_BLOCKS, f_bfree=150, f_bavail=10), C
    ),
    Case("disk-space", "a disk that fails", _refuses, W, "does not answer"),
    Case("disk-space", "89 % in use", _statvfs(**_BLOCKS, f_bfree=110, f_bavail=110), OK),
    Case(
        "disk-space",
        "91 % in use, and 95 are allowed",
        all_of(sets({_DISK: 95}), _statvfs(**_BLOCKS, f_bfree=90, f_bavail=90)),
        OK,
    ),
    Case("inodes", "95 % used", _statvfs(f_files=1000, f_ffree=50), W, "95.0 %"),
    Case("inodes", "99 % used", _statvfs(f_files=1000, f_ffree=10), C, "99.0 %"),
    Case("inodes", "half used", _statvfs(f_files=1000, f_ffree=500), OK),
    Case("inodes", "a file system that does not count them", _statvfs(f_files=0, f_ffree=0), OK),
    Case("descriptors", "200 files may be open", _may_open(200), W, "200 files"),
    Case("descriptors", "256 files may be open", _may_open(256), OK),
    Case(
        "descriptors",
        "all files of the machine are open",
        _open_files("9999\t0\t10000\n"),
        C,
        "9999 of 10000",
    ),
    Case("descriptors", "half of them are open", _open_files("5000\t0\t10000\n"), OK),
    Case("descriptors", "a control group that is full", _processes("255", "256"), C, "255 of 256"),
    Case("descriptors", "a control group without a limit", _processes("255", "max"), OK),
    Case("descriptors", "a control group with room", _processes("20", "256"), OK),
)
