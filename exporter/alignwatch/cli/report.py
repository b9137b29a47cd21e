"""``render-report``: the specification's JSON from Prometheus and Alertmanager, a page, or text to read."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, add_server, settings_with_servers
from alignwatch.cli.progress import Progress
from alignwatch.errors import AlignwatchError, ExitCode, UsageError
from alignwatch.files import write_atomically
from alignwatch.report.from_servers import report_from_servers
from alignwatch.report.window import Window, parse_window
from alignwatch.servers.connect import DEFAULT_ALERTMANAGER, DEFAULT_PROMETHEUS


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "print a report from Prometheus and Alertmanager: the specification's JSON, a page, or text",
        f"{name} --window 1h --pretty\n"
        f"{name} --window 7d --prometheus https://metrics.example.org/prometheus --output report.json\n"
        f"{name} --window 7d --format html --compare --output report.html",
    )
    made.add_argument(
        "--format",
        choices=("json", "html", "text"),
        default="json",
        help="json: exactly the specification's; html: one page that opens offline and prints well; "
        "text: for a terminal (default: %(default)s)",
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
    made.add_argument("--pretty", action="store_true", help="indented, for json")
    made.add_argument(
        "--compare",
        action="store_true",
        help="with the window before: what got better or worse; not for json",
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints or writes the report."""
    window = parse_window(arguments.window, arguments.end, time.time())
    make = _json if arguments.format == "json" else _readable
    with Progress(f"looking at {arguments.window}") as progress:

        def warn(message: str) -> None:
            with progress.hidden():
                print(f"render-report: {message}", file=sys.stderr)

        report = make(arguments, window, warn)
    if arguments.output is not None:
        _write(arguments.output.resolve(), report)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(report)
    return ExitCode.OK


def _json(arguments: argparse.Namespace, window: Window, warn: Callable[[str], None]) -> bytes:
    if arguments.compare:
        raise UsageError(
            "--compare is not for json, which is exactly the specification's; add --format html or text, "
            "or ask for the window before with --end"
        )
    report = msgspec.json.encode(report_from_servers(settings_with_servers(arguments), window, warn))
    return (msgspec.json.format(report, indent=2) if arguments.pretty else report) + b"\n"


def _readable(arguments: argparse.Namespace, window: Window, warn: Callable[[str], None]) -> bytes:
    # Charts and templates take a while to import, and the JSON needs neither.
    from alignwatch.report.contents import document
    from alignwatch.report.review import review

    found = document(review(settings_with_servers(arguments), window, warn, compare=arguments.compare))
    if arguments.format == "html":
        from alignwatch.report.html.page import page

        return page(found)
    from alignwatch.report.terminal import terminal, width_of_terminal

    on_terminal = arguments.output is None and sys.stdout.isatty()
    colours = on_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return terminal(found, width_of_terminal(), colours=colours).encode(errors="backslashreplace")


def _write(path: Path, data: bytes) -> None:
    if path.exists() and not path.is_file():
        raise AlignwatchError(f"{path} is no file that could be replaced; leave out --output to print")
    try:
        write_atomically(path, data)
    except OSError as error:
        raise AlignwatchError(f"cannot write {path}: {error.strerror}") from None
