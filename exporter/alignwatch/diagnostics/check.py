"""What a check is, and what it says.

Each check is a module of :mod:`alignwatch.diagnostics.checks` that defines ``CHECK``. Its docstring is its
section of ``docs/diagnostics.md``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from msgspec import Struct, structs

from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.status import Status

DOCUMENTATION = "https://github.com/alignwatch/alignwatch/blob/main/docs/diagnostics.md"

Command = tuple[str, ...]
"""A program and its arguments."""


class Where(Struct, frozen=True, kw_only=True):
    """What a finding is about; null where that does not apply."""

    repository: str | None = None
    """Its label."""
    file: str | None = None
    key: str | None = None
    """Of the configuration, of git's configuration, or a variable's name."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that a check has seen."""

    status: Status
    seen: str
    """One line, without any secret."""
    remedy: str = ""
    """What to do, one line; empty where nothing has to be done."""
    commands: tuple[Command, ...] = ()
    """What to type for that, in this order."""
    where: Where = Where()
    mend: str | None = None
    """What ``alignwatch doctor --fix`` does about it; null: nothing."""


def ok(seen: str, **where: str) -> Finding:
    """All is well."""
    return Finding(status=Status.OK, seen=seen, where=Where(**where))


def skipped(seen: str, remedy: str = "", **where: str) -> Finding:
    """It could not be judged, and why."""
    return Finding(status=Status.SKIPPED, seen=seen, remedy=remedy, where=Where(**where))


def warning(seen: str, remedy: str, *commands: Command, mend: str | None = None, **where: str) -> Finding:
    """Something is wrong, or soon will be."""
    return Finding(
        status=Status.WARNING, seen=seen, remedy=remedy, commands=commands, where=Where(**where), mend=mend
    )


def critical(seen: str, remedy: str, *commands: Command, mend: str | None = None, **where: str) -> Finding:
    """Something does not work, or is about to be lost."""
    found = warning(seen, remedy, *commands, mend=mend, **where)
    return structs.replace(found, status=Status.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question and its answer."""

    id: str
    """Such as ``git-version``; its module has the same name."""
    summary: str
    """The question in one line that continues "alignwatch asks whether ..."."""
    well: str
    """What is so where nothing is found."""
    run: Callable[[Context], Iterable[Finding]]
    """Yields what is wrong, and nothing where all is well.

    Raises:
        GitError: the repository cannot be read; another check says so.
        AlignwatchError: the check could not be done.
    """
    reaches: Status = Status.WARNING
    """The gravest that it can find."""
    each_repository: bool = False
    """Whether it is done once for each repository, which :attr:`Context.repository` then is."""
    cheap: bool = True
    """Whether the exporter does it too, on a clock of its own: no server is asked, no history is walked."""
    on_request: bool = False
    """Whether it is done only when it is asked for by its name."""
    deadline_seconds: float = 5.0
    """It is given up after so long; of each repository."""
    mend: Callable[[Context, Finding], None] | None = None
    """Does what :attr:`Finding.mend` says; looks again before it does.

    Raises:
        AlignwatchError: it could not be done.
        OSError: likewise.
    """

    @property
    def documentation(self) -> str:
        """Address of its section."""
        return f"{DOCUMENTATION}#{self.id}"
