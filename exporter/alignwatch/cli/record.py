"""``alignwatch record``: takes over what the alignment code says of its runs."""

import argparse
import sys
import time
from pathlib import Path

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, state_dir_for
from alignwatch.errors import ExitCode, UsageError
from alignwatch.journal.store import Journal
from alignwatch.state_dir import journal_path
from alignwatch.text import printable

_MOST_BYTES = 64 << 20
_FORMAT = """\
FILE is JSON: one result of the alignment code, an array of them, or one a line. A status completed,
resolved, no_conflicts or not_needed is a success, manual_required a conflict; review_required and paused
are paused; aborted, cancelled, rolled_back and failed are what they say. What is pending or in_progress
has not ended and is refused. If anything in FILE is wrong, nothing of it is recorded.
"""


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "record the results that the alignment code reports, each operation_id once",
        f"{name} --repository app result.json\n./align.py --json | {name} -",
    )
    made.add_argument("file", metavar="FILE", help="what it reported; - is standard input")
    made.add_argument(
        "--repository", metavar="NAME|PATH", help="default: the repository of the working directory"
    )
    add_config(made)
    made.epilog = f"{made.epilog}\n\n{_FORMAT}"
    return made


def run(arguments: argparse.Namespace) -> int:
    """Records them and says of each whether it was new."""
    from alignwatch.tracking.result import read_results
    from alignwatch.tracking.subject import find_subject

    data = _read(arguments.file)
    with Journal(journal_path(state_dir_for(arguments))) as journal:
        repository = find_subject(arguments.repository, journal).watched(journal).name
        try:
            operations = read_results(data, repository, time.time())
        except UsageError as error:
            raise UsageError(f"{arguments.file}: {error}; nothing of it is recorded") from None
        for operation, new in zip(operations, journal.record_all(operations), strict=True):
            print(f"{'recorded' if new else 'already there'}: {printable(operation.operation_id)}")
    return ExitCode.OK


def _read(file: str) -> bytes:
    try:
        if file == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}; give the path of a file, or -") from None
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{file} has more than {_MOST_BYTES >> 20} MiB; send it in parts")
    return data
