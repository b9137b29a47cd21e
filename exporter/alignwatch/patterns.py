"""Names and the patterns that a configuration or a person gives for them."""

from collections.abc import Iterable
from fnmatch import fnmatchcase


def matches_any(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name fits one of the patterns, as the shell matches file names, by case."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
