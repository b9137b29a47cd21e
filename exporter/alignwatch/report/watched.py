"""What tells one watched repository from another."""

from collections.abc import Collection
from typing import NamedTuple


class Watched(NamedTuple):
    """A repository as Prometheus knows it."""

    job: str
    instance: str
    repository: str


def watched_name(one: Watched, others: Collection[Watched]) -> str:
    """What people call it: with its exporter where another one watches a repository of the same name."""
    same = [other for other in others if other.repository == one.repository]
    return one.repository if len(same) <= 1 else f"{one.repository} ({one.instance})"
