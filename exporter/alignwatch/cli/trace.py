"""``alignwatch trace``: has git tell of each command, so that alignments are caught by themselves."""

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence

from alignwatch.cli import VERBS, new_parser
from alignwatch.cli.common import add_config, state_dir_for
from alignwatch.errors import ExitCode
from alignwatch.git.command import Git
from alignwatch.shell import word
from alignwatch.state_dir import trace_folder
from alignwatch.text import printable, span
from alignwatch.tracking.trace.folder import TraceFolder
from alignwatch.tracking.trace.installation import Arrival, Installation, Scope, Target

_ACTIONS = {
    "install": "have git write its events; another target is never replaced",
    "uninstall": "have git stop, and remove what install wrote",
    "status": "say whether events arrive and are read, by trying",
}
_NOTE = """\
git then writes a small file for each of its commands into a folder in the state folder, whoever runs it and
however; the exporter reads and removes them. Without an exporter git stops at 10,000 files.

exit codes of status: 0 events arrive and are read, 4 they are not read or were too many, 3 none arrive"""


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(name, VERBS["trace"].summary, f"{name} install\n{name} status")
    made.add_argument(
        "action",
        choices=list(_ACTIONS),
        metavar="ACTION",
        help="; ".join(f"{action}: {what}" for action, what in _ACTIONS.items()),
    )
    made.add_argument(
        "--system",
        dest="scope",
        action="store_const",
        const=Scope.SYSTEM,
        default=Scope.GLOBAL,
        help="for all users of this machine, rather than for this one",
    )
    made.add_argument("--json", action="store_true", help="status as one object, for scripts")
    add_config(made, "the user's state folder")
    made.epilog = f"{made.epilog}\n\n{_NOTE}"
    return made


def run(arguments: argparse.Namespace) -> int:
    """Does what was asked."""
    folder = TraceFolder(trace_folder(state_dir_for(arguments)).absolute())
    git = Git()
    try:
        installation = Installation(git, folder.path)
        if arguments.action == "install":
            return _install(installation, arguments.scope)
        if arguments.action == "uninstall":
            return _uninstall(installation, arguments.scope)
        return _status(installation, folder, as_json=arguments.json)
    finally:
        git.close()


def _install(installation: Installation, scope: Scope) -> int:
    new = installation.install(scope)
    print(f"git tells of its commands{'' if new else ' already'} ({scope}); see: alignwatch trace status")
    closed = installation.closed_to_others() if scope is Scope.SYSTEM else None
    if closed is not None:
        print(f"only who may enter {closed} is caught; for everybody: chmod o+x {word(str(closed))}")
    return ExitCode.OK


def _uninstall(installation: Installation, scope: Scope) -> int:
    removed = installation.uninstall(scope)
    print(f"git does not tell of its commands any more ({scope})" if removed else f"not installed ({scope})")
    return ExitCode.OK


def _status(installation: Installation, folder: TraceFolder, *, as_json: bool) -> int:
    targets = installation.targets()
    arrival = installation.try_out(Git(traced=True))
    waiting, since = (len(folder.names()), folder.overflowed()) if folder.path.is_dir() else (0, None)
    if as_json:
        status = {
            "folder": printable(str(folder.path)),
            "targets": [{**target._asdict(), "ours": installation.is_ours(target)} for target in targets],
            **arrival._asdict(),
            "waiting": waiting,
            "overflowed_since": since,
        }
        print(json.dumps(status, indent=2))
    else:
        print("\n".join(_lines(installation, targets, arrival)))
        print(f"waiting  {waiting} files")
        if since is not None:
            print(f"         too many files {span(time.time() - since)} ago: commands since then are missing")
    if not arrival.arrives:
        return ExitCode.UNHEALTHY
    return ExitCode.OK if arrival.read and since is None else ExitCode.WARNINGS


def _lines(installation: Installation, targets: Sequence[Target], arrival: Arrival) -> Iterator[str]:
    for target in targets:
        ours = "" if installation.is_ours(target) else "; not ours"
        yield f"target   {printable(target.value)} ({target.scope}, {printable(target.origin)}{ours})"
    if not targets:
        yield "target   none; install one with: alignwatch trace install"
    if not arrival.arrives:
        yield "events   do not arrive"
        if (instead := os.environ.get("GIT_TRACE2_EVENT")) is not None:
            yield f"         $GIT_TRACE2_EVENT is {printable(instead)} here, which comes first"
    else:
        yield f"events   arrive and are {'read' if arrival.read else 'not read: no exporter runs'}"
