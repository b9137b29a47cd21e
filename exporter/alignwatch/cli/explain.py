"""``alignwatch explain``: why a branch or an alert is as it is, and what to do next."""

import argparse
import difflib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from alignwatch.cli import VERBS, new_parser
from alignwatch.cli.common import add_config, json_text, settings_for, settings_with_servers
from alignwatch.cli.look import Look
from alignwatch.cli.progress import Progress
from alignwatch.configuration.fault import ConfigurationError
from alignwatch.errors import ExitCode, UsageError
from alignwatch.explain.alert import AlertExplanation, explain_alert
from alignwatch.explain.branch import BranchExplanation, explain_branch
from alignwatch.explain.rules import alert_rules
from alignwatch.explain.terminal import alert_text, branch_text
from alignwatch.explain.trial import Effort, Subject
from alignwatch.git.command import Git, GitError
from alignwatch.git.refs import read_branches
from alignwatch.patterns import matches_any
from alignwatch.probes import cache_dir
from alignwatch.settings import Settings
from alignwatch.text import printable

_SUGGESTED = 5
_NOTE = """\
A branch: since which commit of its target it conflicts, in which files, who else changed them, what merging a
newer target would do, and what to type. Nothing is written in the repository.
An alert: its rules, what Prometheus sees of them now, and its section of the runbook.

exit codes: 0 explained, 2 there is no such branch or alert, 3 a repository cannot be read, 4 something could
not be found out"""


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        VERBS["explain"].summary,
        f"{name} feature/search\n{name} AlignmentRepositoryLockOld\n{name} --branch --json feature/search",
    )
    made.add_argument("name", metavar="NAME", help="a branch's name, or an alert's")
    kind = made.add_mutually_exclusive_group()
    kind.add_argument("--branch", action="store_true", help="NAME is a branch, even if an alert is called so")
    kind.add_argument("--alert", action="store_true", help="NAME is an alert, even if a branch is called so")
    made.add_argument("--repository", action="append", default=[], metavar="NAME", help="only this one")
    made.add_argument(
        "--timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="about how long merges are tried for each branch (default: %(default)g)",
    )
    made.add_argument("--json", action="store_true", help="an array of objects, for scripts")
    add_config(made)
    made.epilog = f"{made.epilog}\n\n{_NOTE}"
    return made


def run(arguments: argparse.Namespace) -> int:
    """Explains what it is asked, as whatever it is."""
    rules = alert_rules()
    is_alert, is_branch = arguments.alert, arguments.branch
    if not (is_alert or is_branch):
        names = _branch_names(arguments)
        is_alert, is_branch = arguments.name in rules, arguments.name in names
        if is_alert and is_branch:
            raise UsageError(f"{arguments.name} is an alert and a branch; add --alert or --branch")
        if not (is_alert or is_branch):
            raise UsageError(f"there is no branch and no alert {_unknown(arguments.name, [*names, *rules])}")
    if is_branch:
        return _explain_branches(arguments)
    if arguments.name not in rules:
        raise UsageError(f"there is no alert {_unknown(arguments.name, rules)}")
    settings = _settings_with_repositories(arguments) or settings_with_servers(arguments)
    found = explain_alert(arguments.name, rules[arguments.name], settings, time.time(), arguments.repository)
    _print([found], alert_text, as_json=arguments.json)
    return ExitCode.WARNINGS if found.unknown else ExitCode.OK


def _explain_branches(arguments: argparse.Namespace) -> int:
    settings = settings_for(arguments)
    look = Look("explain", Git(), settings, arguments.repository)
    effort = Effort(
        cache_dir=cache_dir(settings),
        others=settings.monitoring.forecast.collision_branches,
        seconds=arguments.timeout,
    )
    found = []
    for repository, measured, branch in look.named(arguments.name):
        subject = Subject(repository=repository, measured=measured, branch=branch)
        with Progress(f"merging {branch.name} and {branch.target}") as progress:
            found.append(explain_branch(look.git, subject, effort, progress.tell))
    _print(found, branch_text, as_json=arguments.json)
    if any(one.unknown for one in found) and look.code is ExitCode.OK:
        return ExitCode.WARNINGS
    return look.code


def _print(
    found: "list[BranchExplanation] | list[AlertExplanation]", as_text: Callable[..., str], *, as_json: bool
) -> None:
    if as_json:
        print(json_text(found))
    else:
        print("\n\n".join(map(as_text, found)))


def _branch_names(arguments: argparse.Namespace) -> list[str]:
    """The branches of all repositories; none where there is no repository."""
    settings = _settings_with_repositories(arguments)
    if settings is None:
        return []
    return [name for one in _names(settings, arguments.repository) for name in one]


def _settings_with_repositories(arguments: argparse.Namespace) -> Settings | None:
    """None where no configuration names a repository and there is none here."""
    try:
        return settings_for(arguments)
    except ConfigurationError:
        raise
    except UsageError:
        return None


def _names(settings: Settings, only: list[str]) -> Iterator[list[str]]:
    git, seconds = Git(), settings.monitoring.probe_deadline_seconds
    for repository in settings.repositories:
        if only and repository.label not in only:
            continue
        try:
            refs = read_branches(git, Path(repository.path), seconds, repository.remotes)
        except GitError:
            # It may be in this one, and the look at it says what is wrong.
            continue
        yield [ref.text for ref in refs.branches if not matches_any(ref.plain, repository.ignore)]


def _unknown(name: str, known: Iterable[str]) -> str:
    """The name, and what may have been meant."""
    by_folded = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(name.casefold(), by_folded, n=_SUGGESTED)
    inside = [one for folded, one in by_folded.items() if name.casefold() in folded]
    meant = list(dict.fromkeys([*(by_folded[one] for one in near), *inside]))[:_SUGGESTED]
    hint = f"did you mean {', '.join(map(printable, meant))}?" if meant else "see alignwatch branches"
    return f"{printable(name)}; {hint}"
