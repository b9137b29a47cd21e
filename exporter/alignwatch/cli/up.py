"""``alignwatch up``: exporter, Prometheus and Alertmanager together on loopback."""

import argparse
from pathlib import Path

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, settings_for
from alignwatch.errors import ExitCode, UsageError


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "run exporter, Prometheus and Alertmanager together on loopback, in front, until Ctrl-C",
        f"{name} ~/src/app\n{name} --config alignwatch.yaml",
    )
    made.add_argument(
        "repository",
        nargs="?",
        type=Path,
        metavar="REPOSITORY",
        help="what to watch without a configuration file (default: the repository of the working directory)",
    )
    add_config(made)
    made.add_argument(
        "--scrape-interval", type=_seconds, default=15, metavar="SECONDS", help="default: %(default)s"
    )
    made.add_argument(
        "--no-download", action="store_true", help="do not fetch a Prometheus or Alertmanager that is missing"
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Runs the stack until it is told to stop."""
    from alignwatch.stack.members import Order
    from alignwatch.stack.up import up

    if arguments.repository and arguments.config:
        raise UsageError(
            f"REPOSITORY and a configuration file exclude each other: name {arguments.repository} "
            f"in {arguments.config}, under repositories, or leave out --config and $ALIGNWATCH_CONFIG"
        )
    working_directory = (arguments.repository or Path.cwd()).resolve()
    settings = settings_for(arguments, working_directory)
    if settings.web.config_file:
        raise UsageError(
            "web.config_file: the stack's own Prometheus cannot log in to an exporter with TLS and users; "
            "leave it out, or run alignwatch serve and point a Prometheus at it"
        )
    order = Order(
        settings=settings,
        config=Path(arguments.config).resolve() if arguments.config else None,
        working_directory=working_directory,
        scrape_interval_seconds=arguments.scrape_interval,
    )
    up(order, download=not arguments.no_download)
    return ExitCode.OK


def _seconds(text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no whole number of seconds above 0")
