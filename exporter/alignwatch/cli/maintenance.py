"""``alignwatch maintenance``: what is done at regular times, when, and what came of it."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from alignwatch.cli import VERBS, new_parser, parser_style
from alignwatch.cli.common import add_config, json_text, settings_for
from alignwatch.cli.maintenance_tables import history_table, plan_text, task_table, told
from alignwatch.cli.progress import Progress
from alignwatch.errors import ExitCode, UsageError
from alignwatch.git.command import Git
from alignwatch.journal.maintenance import Ending, MaintenanceJournal, Outcome
from alignwatch.maintenance.agenda import register
from alignwatch.maintenance.installation import Installation, Scope, cron_line, runner_command
from alignwatch.maintenance.owners_jobs import owners_jobs
from alignwatch.maintenance.plan import make_plan
from alignwatch.maintenance.runner import Runner, Say, end_in_order
from alignwatch.maintenance.schedule import ScheduledTask, current_tasks, task_named
from alignwatch.maintenance.scheduling import schedule_maintenance_task, unschedule
from alignwatch.maintenance.telling import FAILURES, tell_of_failure
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path
from alignwatch.text import printable, seconds_in, timestamp

_DAY = 86400.0
_MOST_DAYS = 366
_MOST_RUNS = 1_000_000
_Add = Callable[..., argparse.ArgumentParser]
"""Takes an action, what it does and, where it needs any, the arguments of an example."""
_NOTE = """\
exit codes of run and run-due: 0 done or nothing to do, 3 a task failed, 4 one was put off;
an alignment is never disturbed: while anybody works in a repository, a task waits and is then put off"""


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        VERBS["maintenance"].summary,
        f"{name} plan --days 7\n{name} run cache_cleanup --dry-run\n{name} install --user",
    )
    made.epilog = f"{made.epilog}\n\n{_NOTE}"
    actions = made.add_subparsers(
        dest="action", required=True, metavar="ACTION", title="actions (each has --help)"
    )

    def add(action: str, text: str, example: str = "") -> argparse.ArgumentParser:
        called = f"{name} {action}"
        one = actions.add_parser(action, help=text, **parser_style(text, f"{called} {example}".rstrip()))
        add_config(one)
        return one

    _add_showing(add)
    _add_running(add)
    _add_scheduling(add)
    return made


def _add_showing(add: _Add) -> None:
    tasks = add("list", "show the tasks, when each is due and how it went")
    plan = add("plan", "show what will be done when, and what gets in the way", "--days 2")
    plan.add_argument("--days", type=_days, default=7.0, metavar="N", help="default: %(default)g")
    history = add("history", "show what was done, the newest first", "--task cache_cleanup --limit 5")
    history.add_argument("--task", metavar="TASK", help="only this one")
    history.add_argument("--repository", metavar="NAME", help="only this one")
    history.add_argument("--limit", type=_limit, default=20, metavar="N", help="default: %(default)s")
    digest = add(
        "digest", "sum up what was done lately and what comes next; send that to people", "--since 1d"
    )
    digest.add_argument("--since", metavar="LENGTH", help="how far back (default: maintenance.digest.days)")
    digest.add_argument("--send", action="store_true", help="by email and Slack, as alerts.channels says")
    for one in (tasks, plan, history, digest):
        one.add_argument("--json", action="store_true", help="objects, times in RFC 3339")


def _days(text: str) -> float:
    days = float(text)
    if not 0 < days <= _MOST_DAYS:
        raise argparse.ArgumentTypeError(f"more than 0 and up to {_MOST_DAYS} days")
    return days


def _limit(text: str) -> int:
    limit = int(text)
    if not 1 <= limit <= _MOST_RUNS:
        raise argparse.ArgumentTypeError(f"from 1 to {_MOST_RUNS}")
    return limit


def _add_running(add: _Add) -> None:
    one = add("run-due", "do everything that is due now: for a timer, cron or Kubernetes")
    one.epilog = f"{one.epilog}\n\n{_NOTE}"
    one = add("run", "do one task now, whatever the time", "cache_cleanup --dry-run")
    one.epilog = f"{one.epilog}\n\n{_NOTE}"
    one.add_argument("task", metavar="TASK")
    one.add_argument("--repository", metavar="NAME", help="only in this one")
    one.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")


def _add_scheduling(add: _Add) -> None:
    example = "journal_compaction '0 3 * * SUN' --time-zone Europe/Berlin"
    one = add("schedule", "have a task done by a schedule, in place of that of the configuration", example)
    one.add_argument("task", metavar="TASK")
    one.add_argument("cron", metavar="CRON", help='five fields, in quotes: "0 2 * * *"')
    one.add_argument("--time-zone", metavar="ZONE", help="IANA name, such as Europe/Berlin")
    add("unschedule", "take that back", "journal_compaction").add_argument("task", metavar="TASK")
    install = add(
        "install", "have a systemd timer start what is due", "--system --config /etc/alignwatch.yaml"
    )
    uninstall = add("uninstall", "remove what install wrote, and nothing else", "--system")
    for one in (install, uninstall):
        group = one.add_mutually_exclusive_group()
        for scope, text in ((Scope.USER, "this user's (default)"), (Scope.SYSTEM, "the machine's")):
            group.add_argument(f"--{scope}", dest="scope", action="store_const", const=scope, help=text)
        one.set_defaults(scope=Scope.USER)
        if one is install:
            group.add_argument("--print-cron", action="store_true", help="only print a line for a cron table")


def run(arguments: argparse.Namespace) -> int:
    """Does what was asked."""
    settings = settings_for(arguments)
    return _ACTIONS[arguments.action](settings, arguments)


def _list(settings: Settings, arguments: argparse.Namespace) -> int:
    with _journal(settings) as journal:
        reading, tasks = journal.reading(), current_tasks(settings, journal)
    print(task_table(tasks, reading, time.time(), json=arguments.json))
    return ExitCode.OK


def _plan(settings: Settings, arguments: argparse.Namespace) -> int:
    now = time.time()
    end = now + arguments.days * _DAY
    with _journal(settings) as journal:
        tasks, registered = current_tasks(settings, journal), journal.reading().registered
    plan = make_plan(settings, tasks, owners_jobs(now, end), now, end)
    if tasks and not registered:
        nobody = "nobody does this yet: alignwatch maintenance install, or maintenance.driver: exporter"
        plan = plan._replace(warnings=(nobody, *plan.warnings))
    print(plan_text(plan, json=arguments.json))
    return ExitCode.OK


def _history(settings: Settings, arguments: argparse.Namespace) -> int:
    with _journal(settings) as journal:
        runs = journal.history(arguments.limit, arguments.task, arguments.repository)
    print(history_table(runs, json=arguments.json))
    return ExitCode.OK


def _digest(settings: Settings, arguments: argparse.Namespace) -> int:
    from alignwatch.digest import content, delivery, text

    days = settings.maintenance.digest.days
    seconds = days * _DAY if arguments.since is None else seconds_in("--since", arguments.since)
    git = Git()
    try:
        digest = content.make_digest(settings, git, seconds, time.time())
    finally:
        git.close()
    sent = delivery.deliver(digest, settings) if arguments.send else ()
    print(json_text(digest) if arguments.json else text.as_text(digest))
    for one in sent:
        print(f"{one.channel}: {printable(one.problem or 'sent')}", file=sys.stderr)
    return ExitCode.FAULT if any(one.problem for one in sent) else ExitCode.OK


def _run_due(settings: Settings, arguments: argparse.Namespace) -> int:
    return _ended(settings, Runner.run_due, lambda *run: tell_of_failure(settings, *run))


def _run(settings: Settings, arguments: argparse.Namespace) -> int:
    task = task_named(settings, arguments.task)
    repositories = _chosen(task, arguments.repository)
    one = Runner.try_out if arguments.dry_run else Runner.run_now
    return _ended(settings, lambda runner: [one(runner, task, each) for each in repositories])


def _chosen(task: ScheduledTask, repository: str | None) -> tuple[str, ...]:
    if repository is None:
        return task.repositories
    if repository not in task.repositories:
        known = ", ".join(filter(None, task.repositories)) or "none: it concerns the whole machine"
        raise UsageError(f"{task.name} is not done for {printable(repository)}; choose from {known}")
    return (repository,)


def _ended(
    settings: Settings, work: Callable[[Runner], Iterable[Outcome]], tell: Say = lambda *run: None
) -> int:
    def say(task: str, repository: str, ending: Ending) -> None:
        with progress.hidden():
            print(told(task, repository, ending), flush=True)
        tell(task, repository, ending)

    end_in_order()
    runner = Runner(settings, say, hear=lambda line: progress.tell(line))
    with Progress("maintenance") as progress:
        try:
            outcomes = set(work(runner))
        finally:
            runner.close()
    if outcomes & FAILURES:
        return ExitCode.UNHEALTHY
    return ExitCode.WARNINGS if Outcome.POSTPONED in outcomes else ExitCode.OK


def _schedule(settings: Settings, arguments: argparse.Namespace) -> int:
    result = schedule_maintenance_task(settings, arguments.task, arguments.cron, arguments.time_zone)
    if not result.accepted:
        raise UsageError(result.reason or "refused")
    due = "never" if result.next_run is None else timestamp(result.next_run)
    note = f" ({result.reason})" if result.next_run is not None and result.reason else ""
    print(f"{printable(arguments.task)} is due next: {due}{note}")
    return ExitCode.OK


def _unschedule(settings: Settings, arguments: argparse.Namespace) -> int:
    unschedule(settings, arguments.task)
    print(f"{printable(arguments.task)} is done as the configuration says")
    return ExitCode.OK


def _install(settings: Settings, arguments: argparse.Namespace) -> int:
    config = Path(arguments.config) if arguments.config else None
    command, folder = runner_command(config, settings.state_folder), Path.cwd()
    if arguments.print_cron:
        print(cron_line(command, folder))
    else:
        installation = Installation(arguments.scope)
        installation.install(command, folder)
        print(f"{installation.timer} starts what is due; see: alignwatch maintenance plan")
        if arguments.scope is Scope.USER:
            print("while you are logged out it starts nothing, unless you allow it: loginctl enable-linger")
    with _journal(settings) as journal:
        register(current_tasks(settings, journal), journal, time.time())
    return ExitCode.OK


def _uninstall(settings: Settings, arguments: argparse.Namespace) -> int:
    removed = Installation(arguments.scope).uninstall()
    print(f"no timer starts anything any more ({arguments.scope})" if removed else "not installed")
    return ExitCode.OK


def _journal(settings: Settings) -> MaintenanceJournal:
    return MaintenanceJournal(journal_path(settings.state_folder))


_ACTIONS: dict[str, Callable[[Settings, argparse.Namespace], int]] = {
    "list": _list,
    "plan": _plan,
    "history": _history,
    "digest": _digest,
    "run-due": _run_due,
    "run": _run,
    "schedule": _schedule,
    "unschedule": _unschedule,
    "install": _install,
    "uninstall": _uninstall,
}
