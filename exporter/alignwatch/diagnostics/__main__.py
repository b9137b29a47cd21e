"""The cheap checks, for the exporter: settings on standard input, what they came to on standard output."""

import os
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from alignwatch.diagnostics.apart import Asked, Seen
from alignwatch.diagnostics.doctor import chosen, context_of, examine
from alignwatch.errors import ExitCode

_NICE = 10


def main() -> int:
    """Answers what it is asked."""
    with suppress(OSError):
        os.nice(_NICE)
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    checks = [one for one in chosen(left_out=asked.settings.diagnostics.skip) if one.cheap]
    report = examine(checks, context_of(asked.settings, Path(asked.config) if asked.config else None))
    seen = [Seen(result.id, result.status, result.findings[0].seen) for result in report.results]
    sys.stdout.buffer.write(msgspec.json.encode(seen))
    sys.stdout.flush()
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
