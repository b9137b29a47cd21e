"""What a ref is there for, by its name and the configuration."""

from enum import Enum, auto

from alignwatch.git.refs import HEADS, display
from alignwatch.patterns import matches_any
from alignwatch.settings import Repository

_REFS = "refs/"
_REMOTES = "refs/remotes/"


class Role(Enum):
    """Exactly one holds."""

    PRIMARY = auto()
    REMOTE = auto()
    """A remote's branch, as it was last fetched."""
    BACKUP = auto()
    """Called so by one of the patterns of ``backups``; what is in it is another question."""
    WORK = auto()
    """A branch that people or bots work on."""
    OTHER = auto()
    """A tag that is no backup, a branch that is ignored, and what tools keep for themselves."""


def role_of(ref: bytes, settings: Repository) -> Role:
    """The role of one ref of a repository.

    Args:
        ref: its full name, as git has it.
        settings: the repository's.
    """
    name = display(ref)
    branch = name.removeprefix(HEADS)
    is_branch = branch != name
    if is_branch and branch in settings.primaries:
        return Role.PRIMARY
    if name.startswith(_REMOTES):
        return Role.REMOTE
    if matches_any(name.removeprefix(_REFS), settings.backups):
        return Role.BACKUP
    return Role.WORK if is_branch and not matches_any(branch, settings.ignore) else Role.OTHER
