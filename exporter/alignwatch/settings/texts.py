"""Every text that a section holds, by its key."""

from collections.abc import Iterator

import msgspec

from alignwatch.settings.values import Section


def texts_of(section: Section, key: str = "") -> Iterator[tuple[str, str]]:
    """All texts, defaults among them, each with the key that leads there: ``hooks[0].command[1]``.

    Args:
        section: a section, or the whole configuration.
        key: where it stands; empty for the whole.
    """
    yield from _texts(key, msgspec.to_builtins(section))


def _texts(key: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(f"{key}.{name}" if key else str(name), inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _texts(f"{key}[{number}]", inner)
