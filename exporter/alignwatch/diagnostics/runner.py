"""Runs checks side by side, each with a deadline: none stops another, however it fails.

A look is one check of one repository, or of the machine. It has a thread of its own and a git of its own,
which is closed at its deadline; a thread that the kernel does not give back is left behind.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from alignwatch.diagnostics.check import Check, Command, Finding, Where, ok, skipped
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.secrets import without_secrets
from alignwatch.diagnostics.status import Status
from alignwatch.errors import AlignwatchError
from alignwatch.git.command import Git, GitError
from alignwatch.names import legible
from alignwatch.shell import typed
from alignwatch.text import printable

AT_ONCE = 8
"""Most of a look is waiting for git, disks and servers."""

_CHECKS_FILE = ("config", "check")
"""This command is given the file in any case."""
_LONGEST = 600
"""Characters of what a finding says."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look came to."""

    check: Check
    findings: tuple[Finding, ...]
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    check: Check
    context: Context
    began: float = 0.0

    def left(self) -> float:
        """Seconds until it is given up."""
        return self.began + self.check.deadline_seconds - time.monotonic()


def run_checks(checks: Iterable[Check], context: Context) -> list[Looked]:
    """Runs all of them and returns what each look came to, in no particular order.

    Args:
        checks: what to ask.
        context: of the machine.
    """
    waiting = deque(look for check in checks for look in _looks(check, context))
    ended: queue.SimpleQueue[tuple[_Look, tuple[Finding, ...]]] = queue.SimpleQueue()
    under_way: set[_Look] = set()
    done = []
    while waiting or under_way:
        while waiting and len(under_way) < AT_ONCE:
            look = replace(waiting.popleft(), began=time.monotonic())
            threading.Thread(
                target=lambda look=look: ended.put((look, _findings(look))),
                name=f"check {look.check.id}",
                daemon=True,
            ).start()
            under_way.add(look)
        try:
            look, findings = ended.get(timeout=max(0.0, min(one.left() for one in under_way)))
            over = {look: findings} if look in under_way else {}
        except queue.Empty:
            over = {look: (_too_slow(look),) for look in under_way if look.left() <= 0}
        for look, findings in over.items():
            under_way.remove(look)
            look.context.git.close()
            seconds = time.monotonic() - look.began
            done.append(Looked(look.check, tuple(_fit(one, look.context) for one in findings), seconds))
    return done


def _looks(check: Check, context: Context) -> Iterable[_Look]:
    subjects = context.settings.repositories if check.each_repository else (None,)
    for subject in subjects:
        git = Git(environment=context.environment)
        yield _Look(check, replace(context, git=git, subject=subject))


def _findings(look: _Look) -> tuple[Finding, ...]:
    try:
        return tuple(look.check.run(look.context)) or (ok(look.check.well),)
    except GitError as error:
        if error.reason == "timeout":
            # It may open, and hang at what only this check asks for.
            return (_hangs(str(error), look),)
        return (skipped(f"git could not look: {error}"),)
    except AlignwatchError as error:
        return (_crashed(str(error)),)
    except Exception as error:  # one check's fault must not end the others
        return (_crashed(f"{type(error).__name__}: {error}"),)


def _crashed(seen: str) -> Finding:
    return Finding(
        status=Status.CRASHED, seen=seen, remedy="if this is no fault of the machine, report it as ours"
    )


def _too_slow(look: _Look) -> Finding:
    return _hangs(f"did not end within {look.check.deadline_seconds:g} s", look)


def _hangs(seen: str, look: _Look) -> Finding:
    return structs.replace(
        _crashed(seen),
        remedy="see whether a disk, a mount or a server hangs, and try it alone",
        commands=(("alignwatch", "doctor", look.check.id),),
    )


def _fit(finding: Finding, context: Context) -> Finding:
    """A finding that may be shown: on one line, without secrets, and with the repository that it is about."""
    where = finding.where
    if context.subject is not None and where.repository is None:
        where = structs.replace(where, repository=context.subject.label)
    return structs.replace(
        finding,
        seen=_line(finding.seen),
        remedy=_line(finding.remedy),
        commands=tuple(
            _in_text(tuple(map(without_secrets, _with_config(one, context)))) for one in finding.commands
        ),
        where=Where(**{name: value and _line(value) for name, value in structs.asdict(where).items()}),
    )


def _in_text(command: Command) -> Command:
    """The command, also where a name in it is not UTF-8, which JSON cannot hold."""
    return command if all(legible(word) == word for word in command) else ("bash", "-c", typed(command))


def _with_config(command: Command, context: Context) -> Command:
    """What is to be typed, about the same configuration: each of our commands takes one."""
    if command[0] != "alignwatch" or context.config is None or command[1:3] == _CHECKS_FILE:
        return command
    return (*command, "--config", str(context.config.absolute()))


def _line(text: str) -> str:
    return printable(without_secrets(" ".join(text.split())))[:_LONGEST]


def merged(looked: Sequence[Looked]) -> dict[str, tuple[tuple[Finding, ...], float]]:
    """Check -> all its findings, the worst first, and the seconds of its slowest look."""
    found: dict[str, tuple[tuple[Finding, ...], float]] = {}
    gravity = list(Status)
    for one in looked:
        before, seconds = found.get(one.check.id, ((), 0.0))
        findings = sorted((*before, *one.findings), key=lambda found: found.where.repository or "")
        findings.sort(key=lambda found: -gravity.index(found.status))
        found[one.check.id] = tuple(findings), max(seconds, one.seconds)
    return found
