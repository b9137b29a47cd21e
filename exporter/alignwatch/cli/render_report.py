"""``render-report``: the specification's JSON report from Prometheus and Alertmanager."""

import argparse
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import msgspec

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, add_server, settings_with_servers
from alignwatch.errors import AlignwatchError, ExitCode
from alignwatch.files import write_atomically
from alignwatch.report.build import build
from alignwatch.report.prometheus import Prometheus
from alignwatch.report.schema import MonitoringReport
from alignwatch.report.window import Window, parse_window
from alignwatch.servers.alertmanager import Alertmanager
from alignwatch.servers.connect import (
    DEFAULT_ALERTMANAGER,
    DEFAULT_PROMETHEUS,
    alertmanager_client,
    exporter_client,
    prometheus_client,
)
from alignwatch.servers.exporter import Exporter


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "print the specification's JSON report, made from Prometheus and Alertmanager",
        f"{name} --window 1h --pretty\n"
        f"{name} --window 7d --prometheus https://metrics.example.org/prometheus --output report.json",
    )
    made.add_argument(
        "--window", default="1h", metavar="LENGTH", help="90s, 15m, 1h, 7d ... (default: %(default)s)"
    )
    made.add_argument("--end", metavar="TIME", help="2026-01-12T12:00:00Z (default: now)")
    add_config(made, otherwise="the defaults")
    add_server(made, "prometheus", DEFAULT_PROMETHEUS)
    add_server(made, "alertmanager", DEFAULT_ALERTMANAGER)
    made.add_argument(
        "--exporter",
        metavar="URL",
        help="the exporter that records what was sent, instead of report.exporter.url (default: where "
        "alerts.audit is set up)",
    )
    made.add_argument("--output", type=Path, metavar="FILE", help="written whole or not at all")
    made.add_argument("--pretty", action="store_true", help="indented")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints or writes the report."""
    window = parse_window(arguments.window, arguments.end, time.time())
    report = msgspec.json.encode(_report(arguments, window))
    if arguments.pretty:
        report = msgspec.json.format(report, indent=2)
    if arguments.output is None:
        print(report.decode())
    else:
        _write(arguments.output.resolve(), report + b"\n")
    return ExitCode.OK


def _report(arguments: argparse.Namespace, window: Window) -> MonitoringReport:
    settings = settings_with_servers(arguments)
    with (
        prometheus_client(settings) as prometheus,
        alertmanager_client(settings) as alertmanager,
        exporter_client(settings) or nullcontext() as recorder,
    ):
        exporter = Exporter(recorder) if recorder else None
        return build(Prometheus(prometheus, _warn), Alertmanager(alertmanager), window, _warn, exporter)


def _write(path: Path, data: bytes) -> None:
    if path.exists() and not path.is_file():
        raise AlignwatchError(f"{path} is no file that could be replaced; leave out --output to print")
    try:
        write_atomically(path, data)
    except OSError as error:
        raise AlignwatchError(f"cannot write {path}: {error.strerror}") from None


def _warn(message: str) -> None:
    print(f"render-report: {message}", file=sys.stderr)
