"""``render-report``: the specification's JSON report from Prometheus and Alertmanager."""

import argparse
import sys
import time
from pathlib import Path

import msgspec

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, settings_for
from alignwatch.errors import AlignwatchError, ExitCode, UsageError
from alignwatch.files import write_atomically
from alignwatch.report.alertmanager import Alertmanager
from alignwatch.report.build import build
from alignwatch.report.http import Client
from alignwatch.report.prometheus import Prometheus
from alignwatch.report.schema import MonitoringReport
from alignwatch.report.window import Window, parse_window
from alignwatch.settings import Server, Settings
from alignwatch.stack import addresses

DEFAULT_PROMETHEUS = "http://127.0.0.1:9090"
DEFAULT_ALERTMANAGER = "http://127.0.0.1:9093"


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
    made.add_argument(
        "--prometheus",
        metavar="URL",
        help="instead of report.prometheus.url (default: the running local stack's, "
        f"else {DEFAULT_PROMETHEUS})",
    )
    made.add_argument(
        "--alertmanager",
        metavar="URL",
        help="instead of report.alertmanager.url (default: the running local stack's, "
        f"else {DEFAULT_ALERTMANAGER})",
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
    settings = _settings(arguments)
    local = addresses.read(settings.state_folder)
    prometheus = _client(
        "Prometheus",
        arguments.prometheus,
        settings.report.prometheus,
        (local and local.prometheus) or DEFAULT_PROMETHEUS,
        settings.report.timeout_seconds,
    )
    alertmanager = _client(
        "Alertmanager",
        arguments.alertmanager,
        settings.report.alertmanager,
        (local and local.alertmanager) or DEFAULT_ALERTMANAGER,
        settings.report.timeout_seconds,
    )
    with prometheus, alertmanager:
        return build(Prometheus(prometheus, _warn), Alertmanager(alertmanager), window, _warn)


def _settings(arguments: argparse.Namespace) -> Settings:
    """The file's settings; without one, defaults: a report needs no repository at hand."""
    if arguments.config:
        return settings_for(arguments)
    return Settings(state_dir=arguments.state_dir and str(arguments.state_dir))


def _client(name: str, option: str | None, server: Server, default: str, timeout_seconds: float) -> Client:
    if option is not None:
        server = _at(server, name, option)
    key = f"report.{name.lower()}"
    return Client(name, key, server.url or default, server, timeout_seconds)


def _at(server: Server, name: str, url: str) -> Server:
    try:
        return msgspec.convert({**msgspec.to_builtins(server), "url": url}, Server)
    except msgspec.ValidationError:
        # The text is not repeated: it may hold a password.
        raise UsageError(
            f"--{name.lower()} is no http(s) address; user and password belong into files "
            f"(report.{name.lower()}.password_file)"
        ) from None


def _write(path: Path, data: bytes) -> None:
    if path.exists() and not path.is_file():
        raise AlignwatchError(f"{path} is no file that could be replaced; leave out --output to print")
    try:
        write_atomically(path, data)
    except OSError as error:
        raise AlignwatchError(f"cannot write {path}: {error.strerror}") from None


def _warn(message: str) -> None:
    print(f"render-report: {message}", file=sys.stderr)
