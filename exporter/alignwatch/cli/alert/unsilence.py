"""``alignwatch alert unsilence``."""

import argparse

from alignwatch.cli import new_parser
from alignwatch.cli.alert.common import add_alertmanager, alertmanager_for
from alignwatch.errors import ExitCode


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(name, "end silences", f"{name} 4020fe07-c198-4648-a29f-74f8036daa57")
    made.add_argument("ids", nargs="+", metavar="ID", help="as alignwatch alert silences lists it")
    add_alertmanager(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Ends them, in this order."""
    with alertmanager_for(arguments) as alertmanager:
        for number in arguments.ids:
            alertmanager.unsilence(number)
            print(f"{number} is over")
    return ExitCode.OK
