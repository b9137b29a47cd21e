"""Whether anything keeps the clock right.

systemd is asked (`timedatectl`), else the kernel, which is told by whatever keeps the clock (NTP, PTP, a
virtual machine's host). Where neither knows, as in a container, this is left open: the machine below keeps
the clock.
"""

import ctypes
import subprocess
from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, ok, skipped, warning
from alignwatch.diagnostics.context import Context

_ASK = ("timedatectl", "show", "--property=NTP", "--property=NTPSynchronized")
_DEADLINE = 3.0
_TIMEX_BYTES = 512
"""More than any kernel's ``struct timex``, which is all zeros for a question."""
_TIME_ERROR = 5


def _run(context: Context) -> Iterator[Finding]:
    said = _systemd(context)
    if said.get("NTPSynchronized") == "yes":
        yield ok("the clock is synchronised")
    elif said.get("NTPSynchronized") == "no":
        if said.get("NTP") == "yes":
            yield warning(
                "the clock should be synchronised and is not: no time server answers",
                "see which servers are asked, and that they can be reached",
                ("timedatectl", "timesync-status"),
            )
        else:
            yield warning(
                "nothing keeps the clock right", "have it synchronised", ("timedatectl", "set-ntp", "true")
            )
    elif _kernel_knows():
        yield ok("the clock is synchronised, says the kernel")
    else:
        yield skipped("neither systemd nor the kernel knows whether the clock is kept right")


def _systemd(context: Context) -> dict[str, str]:
    try:
        done = subprocess.run(
            _ASK,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DEADLINE,
            check=True,
            env=dict(context.environment),
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    lines = done.stdout.decode(errors="replace").splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _kernel_knows() -> bool:
    """Whether adjtimex(2), asked and not told, says that the clock is synchronised."""
    state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return 0 <= state < _TIME_ERROR


CHECK = Check(
    id="clock-synchronised",
    summary="something keeps the clock right",
    well="something keeps the clock right",
    run=_run,
)
