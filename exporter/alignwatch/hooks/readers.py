"""Who is told, and of what."""

from alignwatch.journal.notices import Wanted
from alignwatch.settings import Hook, Parent, Settings


def readers_of(settings: Settings) -> tuple[Hook | Parent, ...]:
    """All of a configuration: hooks, then parents."""
    return (*settings.hooks, *settings.propagation.parents)


def wanted_by(reader: Hook | Parent) -> Wanted:
    """What one of them is told."""
    return Wanted(reader.name, reader.events, reader.repositories)
