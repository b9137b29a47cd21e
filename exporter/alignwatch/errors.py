"""What a person is told when something cannot be done, and the exit codes that go with it."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command; ``track`` passes its command's own code through."""

    OK = 0
    FAULT = 1
    """A fault of ours or of something we depend on."""
    USAGE = 2
    """Wrong use or wrong configuration."""
    UNHEALTHY = 3
    WARNINGS = 4


class AlignwatchError(Exception):
    """A failure that a person can act on.

    The message is one line: what happened, where, and the remedy.
    """

    exit_code = ExitCode.FAULT


class UsageError(AlignwatchError):
    """Wrong arguments or a wrong configuration."""

    exit_code = ExitCode.USAGE
