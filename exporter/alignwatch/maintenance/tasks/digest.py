"""Sends people a digest of what maintenance did lately and does next."""

import time

from alignwatch.maintenance.task import Context, Needs, Result, Task, TaskError

_DAY = 86400.0


def _run(context: Context) -> Result:
    # The exporter loads this module too, to see what the task needs.
    from alignwatch.digest.content import make_digest
    from alignwatch.digest.delivery import channels_for, deliver
    from alignwatch.digest.text import as_text

    settings = context.settings
    channels = channels_for(settings)
    digest = make_digest(settings, context.git, settings.maintenance.digest.days * _DAY, time.time())
    if context.dry_run:
        print(as_text(digest))
        return Result(summary=("", f"would be sent by {', '.join(channels)}"))
    sent = deliver(digest, settings)
    if problems := [f"{one.channel}: {one.problem}" for one in sent if one.problem]:
        raise TaskError("; ".join(problems), 1)
    return Result(summary=tuple(f"sent by {one.channel}" for one in sent))


TASK = Task(
    summary="send a digest of what maintenance did, by email and Slack",
    needs=Needs(),
    run=_run,
)
