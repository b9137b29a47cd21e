"""Telling everybody everything that they have not been told, in its order, one reader beside the other."""

import asyncio
import sys
import time

import msgspec

from alignwatch.hooks.event import event_of
from alignwatch.hooks.post import post
from alignwatch.hooks.program import run
from alignwatch.hooks.readers import readers_of, wanted_by
from alignwatch.journal.notices import EXPIRED, TOLD, Notice, Notices
from alignwatch.settings import Hook, Parent, Settings
from alignwatch.text import printable

GIVE_UP_SECONDS = 86_400.0
"""What a parent has not taken for so long is not sent any more."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 900.0
"""After each failure the pause doubles."""
LOOK_SECONDS = 1.0
"""While somebody is being told, so often is looked for what there is to tell the others."""


async def tell(settings: Settings, notices: Notices) -> None:
    """Tells all readers what they wait for; returns when none can be told anything now.

    What comes while a slow one is at work does not wait for it, unless it is for that one.

    Raises:
        AlignwatchError: the journal cannot be used.
    """
    resting = set(readers_of(settings))
    at_work: dict[asyncio.Task[None], Hook | Parent] = {}
    failures = list[BaseException]()
    while True:
        due = {one for one in resting if notices.is_any_due((wanted_by(one),), time.time())}
        at_work |= {asyncio.create_task(_tell(one, notices)): one for one in due}
        resting -= due
        if not at_work:
            break
        ended, _ = await asyncio.wait(at_work, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            reader = at_work.pop(task)
            # One that fails keeps none of the others.
            if error := task.exception():
                failures.append(error)
            else:
                resting.add(reader)
    for error in failures:
        raise error


async def _tell(reader: Hook | Parent, notices: Notices) -> None:
    wanted = wanted_by(reader)
    while notice := notices.next(wanted, time.time()):
        body = msgspec.json.encode(event_of(notice))
        if isinstance(reader, Hook):
            # Whatever its author meant it to do may be done by now: it is never run again.
            outcome, problem = await run(reader, notice.event, body)
        else:
            sent = await asyncio.to_thread(post, reader, notice.identity, body)
            if not _settled(reader, notice, sent, notices):
                return
            outcome, problem = sent[0] or EXPIRED, sent[1]
        notices.settle(reader.name, notice.number, outcome, problem)
        if outcome != TOLD:
            _log(f"{reader.name}: {notice.event} {notice.identity}: {outcome}: {problem}")


def _settled(parent: Parent, notice: Notice, sent: tuple[str | None, str | None], notices: Notices) -> bool:
    """Whether that is the end of it; else it is put off."""
    now, (outcome, problem) = time.time(), sent
    if outcome is not None or now - notice.noticed > GIVE_UP_SECONDS:
        return True
    pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(notice.attempts, 20))
    notices.put_off(parent.name, now + pause, problem or "")
    if notice.attempts == 0:
        _log(f"{parent.name}: {problem}; it is tried again for a day")
    return False


def _log(message: str) -> None:
    print(f"hooks: {printable(message)}", file=sys.stderr)
