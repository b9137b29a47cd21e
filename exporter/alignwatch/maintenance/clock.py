"""What maintenance goes by; another one than the machine's lets a week pass in seconds."""

from typing import Protocol


class Clock(Protocol):
    """What time it is, and waiting. The module :mod:`time` is one."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds since some moment, whatever becomes of the clock on the wall."""

    def sleep(self, seconds: float, /) -> None:
        """Waits."""
