"""Reading a configuration in another process, for one that will run for months.

YAML and the checks of a configuration take two megabytes of code that nobody needs afterwards.
"""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from alignwatch.errors import AlignwatchError, ExitCode, UsageError
from alignwatch.settings import Settings


def load_settings_apart(path: Path | None, working_directory: Path) -> Settings:
    """Does as :func:`alignwatch.settings_file.load_settings` does.

    Raises:
        UsageError: the file cannot be used, or no repository is named and the working directory is in none.
        AlignwatchError: the other process failed.
    """
    command = [sys.executable, "-P", "-m", __name__, os.fspath(working_directory)]
    if path is not None:
        command.append(os.fspath(path))
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode == ExitCode.OK:
        return msgspec.json.decode(done.stdout, type=Settings)
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode == ExitCode.USAGE:
        raise UsageError(said)
    raise AlignwatchError(f"the configuration could not be read: {said or f'ended by {done.returncode}'}")


def main() -> int:
    """Prints the settings of the file that is named, as JSON."""
    from alignwatch.settings_file import load_settings

    working_directory, *paths = map(Path, sys.argv[1:])
    try:
        settings = load_settings(paths[0] if paths else None, working_directory)
    except AlignwatchError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    sys.stdout.buffer.write(msgspec.json.encode(settings))
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
