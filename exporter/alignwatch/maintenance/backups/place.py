"""Where backups may lie."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from alignwatch.git.command import GitError
from alignwatch.git.repository import open_repository
from alignwatch.maintenance.tree import refusal
from alignwatch.settings import Settings


def unfit(folder: Path, settings: Settings) -> str | None:
    """Why no backups are put below a folder; None if they may be.

    Args:
        folder: free of symbolic links.
        settings: what is watched.
    """
    watched = list(_watched(settings))
    for one in watched:
        if folder.is_relative_to(one):
            return f"it is inside the watched repository {one}"
    return refusal(folder, (settings.state_folder, *watched))


def _watched(settings: Settings) -> Iterator[Path]:
    """All folders of the watched repositories, as far as these can be opened."""
    for repository in settings.repositories:
        path = Path(repository.path).resolve()
        yield path
        with suppress(GitError):
            opened = open_repository(path)
            yield from (opened.common_dir, *opened.folders)
