"""One look at the branches of all repositories that a command asks for."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from alignwatch.cli.progress import Progress
from alignwatch.errors import ExitCode, UsageError
from alignwatch.git.command import Git, GitError
from alignwatch.probes.divergence import DivergenceProbe, Measurement
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import Branch


@dataclass(slots=True)
class Look:
    """The look, and how it went."""

    verb: str
    """Whose it is."""
    git: Git
    settings: Settings
    only: list[str]
    """Names of repositories; none: all."""
    code: ExitCode = ExitCode.OK
    seen: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[Repository, Measurement]]:
        for repository in self.settings.repositories:
            if self.only and repository.label not in self.only:
                continue
            self.seen.append(repository.label)
            probe = DivergenceProbe(self.git, repository, self.settings.monitoring.probe_deadline_seconds)
            try:
                with Progress(f"{repository.label}: comparing branches"):
                    probe.read()
            except GitError as error:
                self.warn(str(error), ExitCode.UNHEALTHY)
            else:
                yield repository, probe.latest()

    def named(self, branch: str) -> Iterator[tuple[Repository, Measurement, Branch]]:
        """The branches of a name, in whatever repository.

        Raises:
            UsageError: there is none.
        """
        found = False
        for repository, measured in self:
            for one in measured.reading.branches:
                if one.name == branch:
                    found = True
                    yield repository, measured, one
        if not found and self.code is ExitCode.OK:
            raise UsageError(
                f"no branch {branch!r} in {', '.join(self.seen) or 'any repository'}; "
                "alignwatch branches lists them"
            )

    def warn(self, warning: str, code: ExitCode = ExitCode.WARNINGS) -> None:
        """Says it at once, and in the exit code."""
        print(f"alignwatch {self.verb}: {warning}", file=sys.stderr)
        if self.code is not ExitCode.UNHEALTHY:
            self.code = code
