"""``alignwatch doctor --bundle``: all that a bug report needs in one file, without secrets."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from alignwatch.cli.common import json_text
from alignwatch.cli.progress import Progress
from alignwatch.errors import ExitCode, UsageError
from alignwatch.text import printable, size

if TYPE_CHECKING:
    from alignwatch.diagnostics.context import Context

_HIDDEN = ("mail", "branches")


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    parser.add_argument(
        "--bundle", type=Path, metavar="FILE", help="write all that a bug report needs, without secrets"
    )
    parser.add_argument(
        "--hide",
        action="append",
        default=[],
        choices=_HIDDEN,
        help="with --bundle: hide mail addresses, give branches pseudonyms, too",
    )
    parser.add_argument("--force", action="store_true", help="with --bundle: replace the file")


def check_options(arguments: argparse.Namespace) -> None:
    """Refuses what does not go together.

    Raises:
        UsageError: an option makes no sense with the others.
    """
    if arguments.bundle is None:
        if arguments.hide or arguments.force:
            raise UsageError("--hide and --force go with --bundle")
    elif arguments.fix or arguments.list_checks or arguments.names:
        raise UsageError("--bundle holds what all checks say; leave out --fix, --list-checks and names")


def run_bundle(arguments: argparse.Namespace, context: "Context") -> int:
    """Writes the bundle, or with ``--dry-run`` lists what would go in."""
    from alignwatch.diagnostics.bundle import archive
    from alignwatch.diagnostics.bundle.contents import Wish, collect

    if not arguments.dry_run:
        archive.refuse(arguments.bundle, force=arguments.force)
    wish, now = Wish(mail="mail" in arguments.hide, branches="branches" in arguments.hide), archive.now()
    with Progress("collecting"):
        contents = collect(context, wish)
    manifest = archive.manifest_of(contents, wish, now)
    if not arguments.dry_run:
        data = archive.packed(contents, manifest, now)
        archive.write(arguments.bundle, data)
    if arguments.json:
        print(json_text(manifest))
        return ExitCode.OK
    print(archive.as_table(manifest))
    if arguments.dry_run:
        print("nothing was written")
    else:
        print(
            f"wrote {printable(str(arguments.bundle))} ({size(len(data))}); look into it before you send it"
        )
    return ExitCode.OK
