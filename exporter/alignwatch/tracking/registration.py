"""Making the watched repositories known to those who have no configuration at hand."""

from collections.abc import Iterator
from pathlib import Path

from alignwatch.git.command import GitError
from alignwatch.git.repository import open_repository
from alignwatch.journal.store import RegisteredRepository
from alignwatch.settings import Settings


def registrations(settings: Settings) -> Iterator[RegisteredRepository]:
    """The watched repositories that can be opened now."""
    for repository in settings.repositories:
        path = Path(repository.path)
        try:
            common_dir = open_repository(path).common_dir
        except GitError:
            continue
        yield RegisteredRepository(repository.label, path, common_dir, repository.primaries)
