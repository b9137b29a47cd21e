"""Days in the life of a fleet: what a Prometheus holds that scraped its exporters and evaluated the rules.

    python tests/support/fleet_history.py --repositories 5 --days 2 --into DIR

makes ``DIR/data``, which a Prometheus can be started on (``--storage.tsdb.path=DIR/data
--storage.tsdb.retention.time=100y``).
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from alignwatch.diagnostics.status import Status
from alignwatch.journal.backups import BackupState
from alignwatch.journal.notices import FAILED, TOLD, ReaderState
from alignwatch.journal.reading import JournalReading
from alignwatch.operation import Outcome
from alignwatch.settings import (
    Backup,
    BranchSeries,
    Hook,
    Maintenance,
    MaintenanceTask,
    Repository,
    Settings,
    Window,
)
from alignwatch.snapshot import AlignmentProcess
from support.activity import BUSY, DAYS, Activity, Hours
from support.branch_life import DAY
from support.evaluation import Evaluation
from support.habits import VARIED
from support.month_pages import Pages
from support.months import Incident, Month, What
from support.readings import GIB
from support.servers import write_history

STEP = 300

_NAMES = ("shop", "ledger", "atlas", "mail", "docs")
_HOSTS = ("build-1", "build-2", "lab", "laptop")
_PRIMARIES = (("main", "scientific"), ("main",), ("main", "release"), ("main",), ("main",))
_BRANCHES = (180, 60, 120, 40, 90)
_SERIES = BranchSeries(limit=15)
_BUSY_DAYS = (9, 3, 13, 7, 8, 10, 14, 16)
"""Of the busy month: what a repository's last day is like."""
_BUSY_HOUR = 16
"""What the last hour is like."""
_EARLIER_DAYS = 40
_LINES_AT_ONCE = 1_000_000
_CHECKS = {"git-version": Status.OK, "clock-synchronised": Status.WARNING, "hooks": Status.OK}
_MAINTENANCE = Maintenance(
    backup=Backup(folder="/mnt/backup"),
    windows=(
        Window(start="02:00", end="04:00"),
        Window(start="12:00", end="13:00", repositories=("shop",)),
    ),
    tasks=(
        MaintenanceTask(task="journal_compaction", schedule="0 2 * * 0"),
        MaintenanceTask(task="stale_lock_report", schedule="0 * * * *", any_time=True),
    ),
)


class Member(Month):
    """One repository of a fleet: two primaries, perhaps, and branches in all states."""

    def begin(self) -> None:
        """Makes the branches, and of the first few the operations of six weeks, so that there are trends."""
        number = _BRANCHES[len(self.repository.path) % len(_BRANCHES)]
        self.branches.begin(number, merged=number // 10, orphans=number // 40)
        for day in range(_EARLIER_DAYS, 0, -2) if self.repository.label in _NAMES else ():
            for kind in self.habits.kinds:
                self.record(kind, Outcome.SUCCESS, self.moments.start - day * DAY, "bolt/1")

    @cached_property
    def settings(self) -> Settings:
        """With backups, and with others to tell."""
        return Settings(
            state_dir=str(self.folder),
            repositories=(self.repository,),
            maintenance=_MAINTENANCE,
            hooks=(Hook(name="tell_team", command=("/usr/local/bin/tell-team",)),),
        )

    def reading(self, now: float) -> JournalReading:
        """What the journal holds, with a backup of each night and a hook that has failed lately."""
        read = super().reading(now)
        night = now - (now - self.moments.start) % DAY + 3 * 3600
        made = night if night <= now else night - DAY
        backup = BackupState(self.repository.label, made, 3 * GIB, made + 300, 1, made + 300, 40.0, 0, 0)
        failing = any(self.going_on(now, What.TASK_FAILS))
        told = {TOLD: self.operations, FAILED: 4 * failing}
        hook = ReaderState(told, "exit code 1" if failing else None)
        begun = self.moments.start - 90 * DAY
        return read._replace(backups=(backup,), readers={"tell_team": hook}, created=begun)

    def processes(self, now: float) -> Iterator[AlignmentProcess]:
        """git is at work while there are commits."""
        if self.commits_now:
            yield AlignmentProcess(4711, "rebase", now - 20, "/srv/app-fix")


@dataclass
class Host:
    """One exporter, and what it watches."""

    name: str
    members: list[Member]
    watches: bool = True
    """False: the member is there for what is said of the machine alone."""

    @cached_property
    def pages(self) -> list[Pages]:
        """One for each member."""
        exporter = {"job": "alignwatch", "instance": f"{self.name}:9847"}
        return [Pages(VARIED, exporter, None) for _ in self.members]

    def lines(self, moment: int) -> Iterator[str]:
        """What a scrape finds: of its machine what the first member says, of each repository all."""
        pages = [one.page(page, moment) for one, page in zip(self.members, self.pages, strict=True)]
        away = len(pages[0]) == 1
        for number, (member, page) in enumerate(zip(self.members, pages, strict=True)):
            own = f'repository="{member.repository.label}"'
            for line in page:
                if (self.watches and not away) if own in line else not number:
                    yield line


@dataclass
class Fleet:
    """Repositories, watched by one exporter for every few of them."""

    repositories: int
    days: float
    folder: Path
    """For the data of Prometheus, in ``data``, and for the journals."""
    end: int
    """Seconds since the epoch."""
    step: int = STEP
    """Seconds between two scrapes: an hour is a multiple of it."""

    def write(self) -> None:
        """Makes the history, and what the rules make of it."""
        kept: list[str] = []
        for moment in self.moments:
            for host in self.hosts:
                kept += [f"{line} {moment}" for line in host.lines(moment)]
            if len(kept) > _LINES_AT_ONCE or moment == self.moments[-1]:
                write_history(self.folder / "data", "\n".join([*kept, "# EOF\n"]))
                kept.clear()
        for host in self.hosts:
            for member in host.members:
                member.close()
        Evaluation(self.folder, self.moments).complete()

    @cached_property
    def moments(self) -> range:
        """Of the scrapes: from a midnight (UTC) on, so many days at least."""
        begin = int((self.end - self.days * DAY) // DAY * DAY)
        return range(begin, self.end, self.step)

    @cached_property
    def hosts(self) -> list[Host]:
        """The first one watches the first repository, the second one the second ..."""
        number = min(len(_HOSTS), 1 + self.repositories // 5)
        members = [self._member(index) for index in range(max(1, self.repositories))]
        made = [
            Host(name, members[index::number], self.repositories > 0)
            for index, name in enumerate(_HOSTS[:number])
        ]
        for host in made:
            for member in host.members:
                member.begin()
        return made

    def _member(self, index: int) -> Member:
        name = _NAMES[index] if index < len(_NAMES) else f"service-{index:02}"
        folder = self.folder / name
        folder.mkdir(parents=True)
        return Member(
            activity=self._activity(index),
            incidents=tuple(self._incidents(index)),
            folder=folder,
            repository=Repository(
                path=f"/srv/{name}",
                name=name,
                primaries=_PRIMARIES[index % len(_PRIMARIES)],
                branch_series=_SERIES,
            ),
            habits=VARIED,
            checks=_CHECKS,
            moments=self.moments,
            chance=Random(index),
        )

    def _activity(self, index: int) -> Activity:
        last = _BUSY_DAYS[index % len(_BUSY_DAYS)] * 24 + _BUSY_HOUR
        shift = last - (self.end - 1 - self.moments.start) // 3600
        return Activity(_shifted(BUSY.commits, shift), _shifted(BUSY.landings, shift))

    def _incidents(self, index: int) -> Iterator[Incident]:
        """The same each week; the last ones go on at the end."""
        for weeks in range(1 + int(self.days) // 7):
            for what, hours_ago, hours in _INCIDENTS.get(index, ()):
                yield Incident(what, -7 * weeks, -hours_ago, hours, self.end)


_INCIDENTS = {
    0: (
        (What.EXPORTER_AWAY, 31, 0.2),
        (What.TASK_FAILS, 24, 24),
        (What.LINES_LOST, 6.5, 0),
        (What.SLOW, 8, 3),
        (What.PAUSED, 5, 5.5),
    ),
    1: (
        (What.LIE, 11, 0),
        (What.VAGUE, 10, 0),
        (What.WORK_LOST, 9, 0),
        (What.FAILING, 7, 4),
        (What.LOCK_LEFT, 0.8, 1),
    ),
    2: (
        (What.REWOUND, 40, 0),
        (What.REFACTORING, 28, 0),
        (What.PAUSED, 1, 0.5),
        (What.PROBE_FAILS, 0.5, 1),
    ),
    3: ((What.LOCK_HELD, 6, 0.4),),
}
"""Of the first repositories: what happens, how many hours before the end it begins, and for how many."""


def _shifted(hours: Hours, shift: int) -> Hours:
    flat = [number for day in hours for number in day]
    turned = [flat[(hour + shift) % len(flat)] for hour in range(len(flat))]
    return [turned[24 * day : 24 * day + 24] for day in range(DAYS)]


def main(arguments: Iterable[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="make a fleet's history for a Prometheus")
    parser.add_argument("--repositories", type=int, default=5, help="0, 1, 5 or 50, say (default: 5)")
    parser.add_argument(
        "--days", type=float, default=2, help="at least so many, from a midnight (default: 2)"
    )
    parser.add_argument("--step", type=int, default=STEP, help="seconds between two scrapes (default: 300)")
    parser.add_argument("--end", type=int, default=int(time.time()), help="Unix time (default: now)")
    parser.add_argument("--into", type=Path, required=True, help="folder to make")
    asked = parser.parse_args(list(arguments))
    Fleet(asked.repositories, asked.days, asked.into, asked.end, asked.step).write()


if __name__ == "__main__":
    main(sys.argv[1:])
