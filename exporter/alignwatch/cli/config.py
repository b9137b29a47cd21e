"""``alignwatch config``: is this file right, what may be in one, what are the defaults."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from alignwatch.assets import asset
from alignwatch.cli import VERBS, new_parser, parser_style
from alignwatch.errors import ExitCode
from alignwatch.text import printable


def parser(name: str) -> argparse.ArgumentParser:
    """The verb's arguments."""
    verb = new_parser(
        name,
        VERBS["config"].summary,
        f"{name} defaults > alignwatch.yaml\n{name} check alignwatch.yaml",
    )
    actions = verb.add_subparsers(dest="action", required=True, metavar="check|schema|defaults")

    def add(action: str, text: str, example: str) -> argparse.ArgumentParser:
        return actions.add_parser(action, help=text, **parser_style(text, f"{name} {action}{example}"))

    check = add("check", "say ok, or every fault with line, key and remedy", " alignwatch.yaml")
    check.add_argument("file", type=Path, metavar="FILE", help="a configuration file")
    check.add_argument("--json", action="store_true", help="print the faults as JSON")
    add("schema", "print the JSON Schema of a configuration file", " > alignwatch.schema.json")
    add("defaults", "print a file with every key and its default", " > alignwatch.yaml")
    return verb


def run(arguments: argparse.Namespace) -> int:
    """Does what was asked."""
    if arguments.action == "schema":
        from alignwatch.settings.schema import schema_text

        sys.stdout.write(schema_text())
        return ExitCode.OK
    if arguments.action == "defaults":
        sys.stdout.write(asset("config", "alignwatch.yaml").read_text(encoding="utf-8"))
        return ExitCode.OK
    return _check(arguments.file, as_json=arguments.json)


def _check(file: Path, *, as_json: bool) -> int:
    from alignwatch.settings_file import check_file

    faults = check_file(file)
    ok = all(fault.warning for fault in faults)
    if as_json:
        report = {"file": str(file), "ok": ok, "faults": [asdict(fault) for fault in faults]}
        print(json.dumps(report, indent=2))
    else:
        for fault in faults:
            print(fault, file=sys.stderr)
        if ok:
            print(f"{printable(str(file))}: ok")
    return ExitCode.OK if ok else ExitCode.USAGE
