"""A week of maintenance while people align at random: plan, history and report say the same of it."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alignwatch.digest.content import make_digest
from alignwatch.git.command import Git
from alignwatch.journal.maintenance import MaintenanceJournal, Run
from alignwatch.maintenance import runner
from alignwatch.maintenance.plan import Plan, make_plan
from alignwatch.maintenance.schedule import current_tasks, task_named
from alignwatch.maintenance.tasks import load
from alignwatch.metrics import catalogue
from alignwatch.report.maintenance import maintenance_schedule
from alignwatch.settings import Backup, Maintenance, MaintenanceTask, Repository, Settings
from alignwatch.state_dir import journal_path
from alignwatch.text import timestamp
from support.fleet import new_fleet
from support.maintenance_week import (
    DAY,
    HOUR,
    OTHER,
    TICK,
    WEEK,
    Week,
    Work,
    World,
    one_at_a_time,
    works_at_random,
)
from support.reports import prometheus_holding
from support.repositories import git, new_repository

MIDNIGHT = datetime(2026, 10, 23, tzinfo=UTC).timestamp()
"""Before the weekend on which the clocks of Berlin are set back."""
PATIENCE = 900
ZONE = "Europe/Berlin"
EXCUSES = {
    "rebase": "rebase in progress",
    "merge": "merge in progress",
    "bisect": "bisect in progress",
    "lock": "index.lock is locked",
    "paused": "align of x has begun",
}
"""Kind of work -> what is said of a task that it has held back."""


def week_in(folder: Path, fleet: Path, *, seed: int) -> Week:
    """A week about to begin, with the fleet, in which people work, and a repository in which nobody does."""
    main = git(fleet, "rev-parse", "main")
    tip = git(fleet, "commit-tree", f"{main}^{{tree}}", "-p", f"{main}~1", "-m", "other")
    git(fleet, "branch", OTHER, tip)
    worktrees = [folder / name for name in ("one", "two")]
    for number, worktree in enumerate(worktrees):
        git(fleet, "worktree", "add", "--quiet", "-b", f"work/{number}", str(worktree), main)
        git(worktree, "commit", "--quiet", "--allow-empty", "-m", "work")
    other = new_repository(folder / "other")
    git(other, "commit", "--quiet", "--allow-empty", "-m", "first")
    (folder / "backups").mkdir()
    settings = settings_for(folder, fleet, other)
    works = one_at_a_time(works_at_random(random.Random(seed), worktrees, MIDNIGHT, night=0))
    world = World(MIDNIGHT + 12 * HOUR, works, "fleet", settings.state_folder)
    off = [(MIDNIGHT + 4.9 * DAY, MIDNIGHT + 5.5 * DAY)]
    return Week(settings, world, off)


def settings_for(folder: Path, fleet: Path, other: Path) -> Settings:
    """Every task that concerns a repository, in one of them or in both."""
    half_done = ("rebase-merge", "MERGE_HEAD", "BISECT_LOG", "index.lock")
    evidence = " -o ".join(f"-name {name}" for name in half_done)
    return Settings(
        state_dir=str(folder / "state"),
        repositories=(Repository(path=str(fleet), name="fleet"), Repository(path=str(other), name="other")),
        maintenance=Maintenance(
            time_zone=ZONE,
            automated_tasks=("git_maintenance", "commit_graph"),
            patience_seconds=PATIENCE,
            backup=Backup(folder=str(folder / "backups"), keep=2),
            tasks=(
                MaintenanceTask(task="git_maintenance", repositories=("fleet",)),
                MaintenanceTask(task="commit_graph", repositories=("fleet",), schedule="30 2 * * *"),
                MaintenanceTask(task="backup", schedule="15 2 */2 * *", repositories=("fleet",)),
                MaintenanceTask(
                    task="backup_verification", schedule="0 3 * * SUN,WED", repositories=("fleet",)
                ),
                MaintenanceTask(task="stale_lock_report", schedule="0 13 * * *", any_time=True),
                MaintenanceTask(
                    task="command",
                    name="evidence",
                    command=("find", ".", *evidence.split()),
                    repositories=("fleet", "other"),
                ),
            ),
        ),
    )


def waits_for_people(week: Week, task: str, repository: str) -> bool:
    """Whether a task is held back by what is done in the fleet; a backup, which only reads, is not."""
    return repository == "fleet" and load(task_named(week.settings, task).task).needs.quiet


def plan_of(week: Week) -> Plan:
    """What ``alignwatch maintenance plan`` says before."""
    now = week.world.now
    with MaintenanceJournal(journal_path(week.settings.state_folder)) as journal:
        return make_plan(week.settings, current_tasks(week.settings, journal), (), now, now + WEEK)


def history_of(week: Week) -> tuple[Run, ...]:
    """What ``alignwatch maintenance history`` says afterwards, the oldest first."""
    with MaintenanceJournal(journal_path(week.settings.state_folder)) as journal:
        return journal.history(100_000)[::-1]


Slots = dict[tuple[str, str], list[int]]
"""Task and repository -> when it is due."""


def slots_of(plan: Plan) -> Slots:
    """Those of a plan."""
    found = Slots()
    for run in plan.runs:
        found.setdefault((run.task, run.repository), []).append(int(run.due))
    return found


def told_of(run: Run, planned: Slots) -> list[int]:
    """The slots that one line of the history accounts for: its own, and the earlier ones that it mentions."""
    assert run.due is not None
    mentioned = re.search(r"(\d+) earlier slots? (?:was|were) not taken", run.reason)
    before = int(mentioned[1]) if mentioned else 0
    dues = planned[run.task, run.repository]
    position = dues.index(run.due)
    assert position >= before
    return dues[position - before : position + 1]


def ensure_each_slot_is_told_once(plan: Plan, history: tuple[Run, ...]) -> None:
    planned, told = slots_of(plan), Slots()
    for run in history:
        told.setdefault((run.task, run.repository), []).extend(told_of(run, planned))
    assert told == planned


def ensure_nothing_ran_beside_work(week: Week) -> None:
    for one in week.ended:
        if one.ending.exit_code is not None and waits_for_people(week, one.task, one.repository):
            assert one.at_work == (), one
        if one.task == "evidence":
            assert one.ending.output == "", "what git leaves half done was there"


def ensure_what_was_not_done_has_its_reason(week: Week, plan: Plan, history: tuple[Run, ...]) -> None:
    starts = {(run.task, run.repository, int(run.due)): run.start for run in plan.runs}
    for run in history:
        assert run.due is not None
        start = starts[run.task, run.repository, run.due]
        assert start is not None, "the plan has a window for each"
        in_the_way = list(_in_the_way(week, run, start))
        if run.outcome == "postponed":
            assert any(EXCUSES[work.how] in run.reason for work in in_the_way), run
        elif run.outcome == "skipped":
            assert run.reason.startswith("missed: due at ")
            assert any(off <= start < on for off, on in week.off), run
        else:
            assert run.outcome == "success", run
            assert run.started is not None
            waited = max([work.end for work in in_the_way], default=start) - start
            assert 0 <= run.started - start <= waited + TICK + runner.POLL_SECONDS


def _in_the_way(week: Week, run: Run, start: float) -> Iterator[Work]:
    if waits_for_people(week, run.task, run.repository):
        for work in week.world.works:
            if work.begin <= start + TICK + PATIENCE and work.end > start:
                yield work


def ensure_the_next_run_is_the_same_everywhere(week: Week, plan: Plan, folder: Path) -> None:
    """In the plan and, through a real Prometheus, in the report; its counts are those of the history."""
    with prometheus_holding(folder, week.scraped) as prometheus:
        last_due = max(run.due for run in plan.runs)
        for moment in [one for one in week.moments if one < last_due][::4]:
            (due,) = {min(run.due for run in plan.runs if run.due > moment)}
            said = maintenance_schedule(prometheus, moment)
            assert said.next_cleanup == timestamp(due), timestamp(moment)
            assert said.automated_tasks == sorted({run.task for run in plan.runs})
        counted = {
            (one.labels["task"], one.labels["outcome"]): int(one.value)
            for one in prometheus.instant(f"{catalogue.MAINTENANCE_TASK_RUNS.name} > 0", week.moments[-1])
        }
    assert counted == Counter((run.task, run.outcome) for run in history_of(week))


def ensure_the_digest_agrees(week: Week) -> None:
    git_runner = Git()
    digest = make_digest(week.settings, git_runner, WEEK, week.world.now)
    git_runner.close()
    outcomes = Counter((run.task, run.outcome) for run in history_of(week))
    for one in digest.tasks:
        assert (one.done, one.put_off, one.not_done, one.failed) == tuple(
            outcomes[one.task, outcome] for outcome in ("success", "postponed", "skipped", "failed")
        )


def test_a_week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "POLL_SECONDS", 100.0)
    fleet = new_fleet(tmp_path / "fleet.git", branches=40, commits=200)
    week = week_in(tmp_path, fleet, seed=649)
    week.install()
    plan = plan_of(week)
    week.live()
    history = history_of(week)
    assert {run.outcome for run in history} == {"success", "postponed", "skipped"}
    ensure_each_slot_is_told_once(plan, history)
    ensure_nothing_ran_beside_work(week)
    ensure_what_was_not_done_has_its_reason(week, plan, history)
    ensure_the_next_run_is_the_same_everywhere(week, plan, tmp_path)
    ensure_the_digest_agrees(week)
