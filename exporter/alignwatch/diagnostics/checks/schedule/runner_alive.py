"""Whether anybody does what is due.

With `maintenance.driver: external` a timer has to start a runner: systemd's, which `alignwatch maintenance
install` sets, or a line in a cron table. With `exporter` it is the exporter. A timer that is installed and
not active, or tasks that nobody has ever looked for, mean that nothing is done. A timer that is there proves
nothing yet: what was due and not done is told by `missed-runs`.
"""

import subprocess
from collections.abc import Iterator
from contextlib import suppress

from alignwatch.diagnostics.check import Check, Finding, critical, ok, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.maintenance import registered, tasks_of
from alignwatch.diagnostics.status import Status
from alignwatch.maintenance.installation import Installation, Scope

_DEADLINE = 3.0
_SYSTEMCTL = ("systemctl",)
_INSTALL = "alignwatch", "maintenance", "install"


def _run(context: Context) -> Iterator[Finding]:
    maintenance = context.settings.maintenance
    if not maintenance.enabled or not tasks_of(context):
        yield skipped("nothing is scheduled")
        return
    if maintenance.driver == "exporter":
        yield ok("the exporter does what is due")
        return
    timers = list(_timers())
    for scope, timer in timers:
        yield _of(context, scope, timer)
    if timers:
        return
    if registered(context):
        yield ok("somebody has looked for what is due, without systemd's timer")
    elif context.configured:
        yield warning(
            "nobody does what is due", "have a timer do it, or set maintenance.driver: exporter", _INSTALL
        )
    else:
        yield skipped("nobody does what is due, and nobody has asked for it", "have a timer do it")


def _timers() -> Iterator[tuple[Scope, str]]:
    """Those that are installed, by their scope and name."""
    for scope in Scope:
        # A service's user may have no home folder.
        with suppress(RuntimeError):
            timer = Installation(scope).timer
            if timer.exists():
                yield scope, timer.name


def _of(context: Context, scope: Scope, timer: str) -> Finding:
    state = _state(context, scope, timer)
    if state in ("inactive", "failed"):
        start = ("systemctl", f"--{scope}", "enable", "--now", timer)
        return critical(f"the timer {timer} ({scope}) is {state}", "start it", start)
    if state:
        return ok(f"the timer {timer} ({scope}) is {state}")
    return ok(f"the timer {timer} ({scope}) is installed; systemd does not answer")


def _state(context: Context, scope: Scope, timer: str) -> str:
    """What systemd says of a timer; empty where it cannot be asked."""
    try:
        done = subprocess.run(
            [*_SYSTEMCTL, f"--{scope}", "is-active", timer],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DEADLINE,
            check=False,
            env=dict(context.environment),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace").strip()


CHECK = Check(
    id="runner-alive",
    summary="somebody does what is due",
    well="somebody does what is due",
    reaches=Status.CRITICAL,
    run=_run,
)
