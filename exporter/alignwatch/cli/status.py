"""``alignwatch status``: health in one screen; the probe to run before a merge."""

import argparse

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, settings_for
from alignwatch.probes.once import look_once
from alignwatch.status import as_text, make_status


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "print the health of host, repositories and alignment processes",
        f"{name} && git merge feature/x",
    )
    add_config(made)
    made.add_argument("--json", action="store_true", help="one object, for scripts")
    made.epilog = (made.epilog or "") + "\n\nexit codes: 0 healthy, 3 unhealthy, 4 warnings"
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints the status and returns its verdict as exit code."""
    settings = settings_for(arguments)
    status = make_status(look_once(settings), settings)
    if arguments.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(status)).decode())
    else:
        print(as_text(status))
    return status.exit_code
