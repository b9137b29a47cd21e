"""The section ``repositories``: what is watched."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from alignwatch.names import folder_name
from alignwatch.settings.thresholds import RepositoryThresholds
from alignwatch.settings.values import Count, Folder, Name, OneOrMore, Pattern, Section

USUAL_BACKUPS = (
    "heads/*-backup-[0-9]*",
    "heads/backup-*-[0-9]*",
    "heads/backup/*",
    "tags/archive/*/[0-9]*",
    "tags/*_backup_[0-9]*",
)
"""How people and scripts name their backups: ``topic-backup-20260112``, ``archive/topic/1768`` ... Without
the digit, work *on* backups would pass for one, and be taken for safe."""
USUAL_BOTS = ("*[[]bot[]]*", "*-bot <*", "*-agent <*")
"""``dependabot[bot] <...>`` and its like."""


class Target(Section, frozen=True):
    """Which primary the branches of a pattern are aligned to."""

    branches: Pattern
    """A pattern as the shell knows it: ``orchestration-*``."""
    target: Name
    """One of the repository's primaries."""


class BranchSeries(Section, frozen=True):
    """Which branches get series of their own in Prometheus."""

    active_days: Annotated[float, Meta(ge=0, le=36500, description="days")] = 14
    """Branches whose tip is younger."""
    limit: Count = 200
    """At most so many, the youngest first."""


class Families(Section, frozen=True):
    """How branch names are put into a bounded number of groups."""

    names: tuple[Name, ...] = ()
    """Families that always have a series."""
    limit: Annotated[int, Meta(ge=0, le=100)] = 12
    """So many of the largest others get one too; the rest is ``other``."""


class Repository(Section, frozen=True):
    """One watched repository."""

    path: Folder
    """Work tree or bare repository."""
    name: Name | None = None
    """Label value; default: the folder's name."""
    primaries: OneOrMore[Name] = ("main",)
    """The branches that others are aligned to; the first is the default target."""
    targets: tuple[Target, ...] = ()
    """The first match wins; else the first primary."""
    never_merge: tuple[tuple[Name, Name], ...] = ()
    """Pairs of primaries whose divergence is wanted."""
    protected: tuple[Name, ...] = ()
    """Branches that are never proposed for deletion."""
    ignore: tuple[Pattern, ...] = ()
    """Patterns of branches that are not counted."""
    remotes: tuple[Name, ...] = ()
    """Remotes whose branches, as they were last fetched, are counted too: as ``origin/topic``."""
    backups: tuple[Pattern, ...] = USUAL_BACKUPS
    """Patterns of refs, without ``refs/``, that are backups: what they contain is safe."""
    bots: tuple[Pattern, ...] = USUAL_BOTS
    """Patterns of ``name <address>``; a branch whose last commit has such an author is a bot's."""
    branch_series: BranchSeries = BranchSeries()
    """Which branches get series of their own."""
    families: Families = Families()
    """How branch names are grouped."""
    alert_thresholds: RepositoryThresholds = RepositoryThresholds()
    """Thresholds of this repository alone."""

    @property
    def label(self) -> str:
        """The repository's name in labels, tables and reports."""
        return self.name or folder_name(Path(self.path))
