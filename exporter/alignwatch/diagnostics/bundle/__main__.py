"""A bundle of this moment, for the exporter that has started us with its settings on standard input."""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from alignwatch.diagnostics.bundle import archive, occasion
from alignwatch.diagnostics.bundle.contents import Wish, collect
from alignwatch.diagnostics.doctor import context_of
from alignwatch.errors import ExitCode
from alignwatch.maintenance.order import Starter
from alignwatch.settings import Settings

_NICE = 10


def main() -> int:
    """Makes one."""
    with suppress(OSError):
        os.nice(_NICE)
    settings = msgspec.json.decode(Starter().line, type=Settings)
    wish, now = Wish(), archive.now()
    folder = occasion.folder_of(settings)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        contents = collect(context_of(settings), wish)
        name = datetime.fromtimestamp(now, UTC).strftime("critical-%Y%m%dT%H%M%SZ.tar.gz")
        archive.write(folder / name, archive.packed(contents, archive.manifest_of(contents, wish, now), now))
        occasion.prune(settings)
    except OSError as error:
        print(f"bundle of a critical alert: {error}", file=sys.stderr)
        return ExitCode.FAULT
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
