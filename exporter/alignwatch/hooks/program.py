"""Running a hook: a command, or a function of another package in a process of its own."""

import asyncio
import os
import signal
import sys
from contextlib import suppress

from alignwatch.journal.notices import FAILED, TIMEOUT, TOLD
from alignwatch.settings import Hook

CALL = (sys.executable, "-P", "-m", "alignwatch.hooks.call")


async def run(hook: Hook, event: str, body: bytes) -> tuple[str, str | None]:
    """Runs it once with an event on its standard input; what it prints goes where our own log goes.

    Nothing of its session outlives the call.

    Returns:
        One of ``journal.notices.OUTCOMES``, and why where it did not go well.
    """
    command = hook.command or (*CALL, hook.entry_point or "")
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=sys.stderr,
            env={**os.environ, "ALIGNWATCH_EVENT": event},
            start_new_session=True,
        )
    except OSError as error:
        return FAILED, f"cannot be started: {error.strerror}"
    except ValueError as error:
        # An argument that no program can be given.
        return FAILED, f"cannot be started: {error}"
    try:
        async with asyncio.timeout(hook.timeout_seconds):
            await process.communicate(body)
    except TimeoutError:
        return TIMEOUT, f"took longer than {hook.timeout_seconds:g} s"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return (FAILED, _how(process.returncode)) if process.returncode else (TOLD, None)


def _how(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    # Real-time signals have no names.
    named = next((one.name for one in signal.Signals if one == -code), f"signal {-code}")
    return f"ended by {named}"
