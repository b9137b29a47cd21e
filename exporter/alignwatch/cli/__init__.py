"""The commands: one module a verb, imported only when that verb is called.

Start-up of ``alignwatch track`` is paid at every tracked command, so nothing here imports a verb,
a configuration reader or a metrics library before it is known to be needed.
"""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol, cast

from alignwatch import __version__
from alignwatch.errors import AlignwatchError, ExitCode


class Verb(NamedTuple):
    """Where a verb lives and what it does in one line."""

    module: str
    summary: str


VERBS = {
    "serve": Verb("serve", "run the exporter"),
    "up": Verb("up", "run exporter, Prometheus and Alertmanager together on loopback"),
    "status": Verb("status", "print the health of host, repositories and alignment processes"),
    "doctor": Verb("doctor", "say what is wrong with machine, repositories and alerting, and the remedy"),
    "explain": Verb("explain", "say why a branch conflicts or an alert fires, and what to do next"),
    "branches": Verb("branches", "list each branch's target, state and drift"),
    "events": Verb("events", "list what happened to primaries and what work was lost"),
    "track": Verb("track", "run a command and record it as an alignment operation"),
    "trace": Verb("trace", "catch alignments that nobody tracks, by having git tell of each command"),
    "record": Verb("record", "record what the alignment code reports of its runs"),
    "profile": Verb("profile", "compare how long each phase takes now with the time before"),
    "alert": Verb("alert", "send, list, silence and test alerts"),
    "maintenance": Verb("maintenance", "do what is due at regular times, plan it, and say what came of it"),
    "config": Verb("config", "check a configuration file, or print the defaults or the schema"),
    "render": Verb("render", "write prometheus.yml and alertmanager.yml for a configuration"),
}
RENDER_REPORT = Verb("report", "print a report: the specification's JSON, a page, or text")


class VerbModule(Protocol):
    """What a verb's module offers."""

    def parser(self, name: str) -> argparse.ArgumentParser:
        """Its arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Does it and returns the exit code."""


def load(verb: Verb) -> VerbModule:
    """Imports a verb's module."""
    return cast("VerbModule", importlib.import_module(f"alignwatch.cli.{verb.module}"))


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Asks for the terminal's width itself: what argparse asks takes milliseconds to import."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    with suppress(KeyError, ValueError):
        return int(os.environ["COLUMNS"]) or 80
    with suppress(OSError):
        return os.get_terminal_size().columns or 80
    return 80


def new_parser(name: str, summary: str, example: str) -> argparse.ArgumentParser:
    """A verb's parser: every ``--help`` ends with an example."""
    return argparse.ArgumentParser(prog=name, **parser_style(summary, example))


def parser_style(summary: str, example: str) -> dict[str, Any]:
    """The arguments of argparse that make a parser, or that of an action, one of ours."""
    return {
        "description": summary[0].upper() + summary[1:] + ".",
        "epilog": "example:\n  " + example.replace("\n", "\n  "),
        "formatter_class": _HelpFormatter,
        "allow_abbrev": False,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The ``alignwatch`` command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    name = given[0] if given else "--help"
    if name in VERBS:
        return _run(VERBS[name], f"alignwatch {name}", given[1:])
    if name in ("-h", "--help", "help"):
        return _print(overview(), ExitCode.OK if given else ExitCode.USAGE)
    if name in ("-V", "--version"):
        return _print(f"alignwatch {__version__}", ExitCode.OK)
    print(
        f"alignwatch: no command {name!r}; choose from {', '.join(VERBS)} (alignwatch --help)",
        file=sys.stderr,
    )
    return ExitCode.USAGE


def render_report(arguments: Sequence[str] | None = None) -> int:
    """The ``render-report`` command."""
    return _run(RENDER_REPORT, "render-report", list(sys.argv[1:] if arguments is None else arguments))


def overview() -> str:
    """The text of ``alignwatch --help``."""
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {name:<{width}}  {verb.summary}" for name, verb in VERBS.items())
    return (
        "usage: alignwatch COMMAND [ARGUMENTS]\n\n"
        "Watches the alignment of many git branches with their primary branches.\n\n"
        f"commands:\n{verbs}\n\n"
        f"  {'render-report':<{width}}  (a command of its own) {RENDER_REPORT.summary}\n\n"
        "exit codes: 0 well, 1 a fault of ours, 2 wrong use or configuration, 3 unhealthy, 4 warnings\n\n"
        "example:\n  alignwatch COMMAND --help"
    )


def _run(verb: Verb, name: str, arguments: list[str]) -> int:
    module = load(verb)
    return _guarded(name, lambda: module.run(module.parser(name).parse_args(arguments)))


def _print(text: str, code: ExitCode) -> int:
    def show() -> int:
        print(text)
        return code

    return _guarded("alignwatch", show)


def _guarded(name: str, action: Callable[[], int]) -> int:
    """Does it; what went wrong for the person at the terminal is one line."""
    try:
        code = action()
        sys.stdout.flush()
    except AlignwatchError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            print(f"{name}: {error}", file=sys.stderr)
        # Python flushes stdout once more on its way out, which would complain about what is closed or full.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAULT
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return code
