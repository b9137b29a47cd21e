"""A run's own process: does one task and reports what came of it."""

import os
import signal
import sys
from contextlib import suppress
from types import FrameType

import msgspec

from alignwatch.errors import AlignwatchError
from alignwatch.git.command import Git
from alignwatch.journal.maintenance import MaintenanceJournal, Outcome
from alignwatch.maintenance.order import Order, Report, Sent, Starter
from alignwatch.maintenance.quiet import Watch
from alignwatch.maintenance.task import Context, PostponedError, Result, SkippedError, TaskError
from alignwatch.maintenance.tasks import load
from alignwatch.settings import RunLimits
from alignwatch.state_dir import journal_path
from alignwatch.text import size


class _ToldToEndError(BaseException):
    """SIGTERM: unwinds the task, so that it removes what is half done."""


def main() -> int:
    """Does what standard input says."""
    signal.signal(signal.SIGTERM, _end)
    starter = Starter()
    sent = msgspec.json.decode(starter.line, type=Sent)
    _give_way(sent.order.task.limits)
    report = _perform(sent)
    if report.reason:
        print(report.reason)
    sys.stdout.flush()
    starter.end_with_it()
    os.write(sent.report, msgspec.json.encode(report))
    return report.exit_code


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _ToldToEndError


def _give_way(limits: RunLimits) -> None:
    import psutil

    with suppress(OSError, psutil.AccessDenied):
        os.setpriority(os.PRIO_PROCESS, 0, limits.nice)
        if limits.io_class == "idle":
            psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)
        else:
            psutil.Process().ionice(psutil.IOPRIO_CLASS_BE, value=7)


def _perform(sent: Sent) -> Report:
    try:
        result = _run(sent.order, sent.lock)
    except PostponedError as error:
        return Report(outcome=Outcome.POSTPONED, reason=str(error), exit_code=0)
    except SkippedError as error:
        return Report(outcome=Outcome.SKIPPED, reason=str(error), exit_code=0)
    except TaskError as error:
        return Report(outcome=Outcome.FAILED, reason=str(error), exit_code=error.code)
    except (AlignwatchError, OSError) as error:
        return Report(outcome=Outcome.FAILED, reason=str(error), exit_code=1)
    except _ToldToEndError:
        return Report(outcome=Outcome.FAILED, reason="told to end", exit_code=-signal.SIGTERM)
    for line in result.summary:
        print(line)
    missing = 0 if sent.order.dry_run else _shortfall(sent.order, result)
    return Report(
        outcome=Outcome.SUCCESS,
        reason=f"{size(missing)} less was freed than should be" if missing else "",
        exit_code=0,
        freed_bytes=result.freed_bytes,
        shortfall_bytes=missing,
    )


def _shortfall(order: Order, result: Result) -> int:
    """By how much it has freed less than it should."""
    return max(result.shortfall_bytes, order.task.expected_freed_bytes - result.freed_bytes, 0)


def _run(order: Order, lock: int) -> Result:
    settings, git = order.settings, Git(inherited=(lock,))
    repository = next((one for one in settings.repositories if one.label == order.repository), None)

    def ensure_quiet() -> None:
        if repository is None:
            return
        with MaintenanceJournal(journal_path(settings.state_folder)) as journal:
            obstacle = Watch(settings, git, journal).obstacle(repository)
        if obstacle is not None:
            raise PostponedError(obstacle)

    context = Context(
        settings=settings,
        task=order.task,
        repository=repository,
        dry_run=order.dry_run,
        git=git,
        inherited=(lock,),
        ensure_quiet=ensure_quiet,
    )
    try:
        return load(order.task.task).run(context)
    finally:
        git.close()


if __name__ == "__main__":
    sys.exit(main())
