"""``alignwatch serve``: the exporter alone, as a service runs it."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, settings_for
from alignwatch.errors import ExitCode
from alignwatch.settings import Settings


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(name, "run the exporter", f"{name} --config /etc/alignwatch/alignwatch.yaml")
    add_config(made)
    made.add_argument(
        "--web.listen-address",
        dest="listen_addresses",
        action="append",
        metavar="HOST:PORT",
        help="instead of the configuration's; may be given more than once",
    )
    made.add_argument(
        "--web.telemetry-path", dest="telemetry_path", metavar="PATH", help="instead of the configuration's"
    )
    made.add_argument(
        "--web.config.file",
        dest="web_config_file",
        metavar="FILE",
        help="TLS and users, in exporter-toolkit's format",
    )
    made.add_argument(
        "--web.max-requests", dest="max_requests", type=int, metavar="N", help="requests served at once"
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Runs until told to stop: SIGTERM and SIGINT stop it, SIGHUP reads the configuration again."""
    from alignwatch.footprint import keep_small

    keep_small()
    from alignwatch.daemon import life

    def load() -> Settings:
        settings = _with_web_options(settings_for(arguments, apart=True), arguments)
        logging.getLogger("alignwatch").setLevel(settings.monitoring.log_level)
        return settings

    logging.basicConfig(
        stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING
    )
    asyncio.run(life.run(load, Path(arguments.config).absolute() if arguments.config else None))
    return ExitCode.OK


def _with_web_options(settings: Settings, arguments: argparse.Namespace) -> Settings:
    from msgspec import convert, structs, to_builtins

    given = {
        "listen_addresses": arguments.listen_addresses,
        "telemetry_path": arguments.telemetry_path,
        "config_file": arguments.web_config_file,
        "max_requests": arguments.max_requests,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    web = convert({**to_builtins(settings.web), **changes}, type(settings.web))
    return structs.replace(settings, web=web)
