"""Commands that people are told to type."""

import shlex
from collections.abc import Iterable

from alignwatch.names import encoded


def typed(command: Iterable[str]) -> str:
    """A program and its arguments as they can be typed."""
    return " ".join(map(word, command))


def word(text: str) -> str:
    r"""One word as a shell takes it, all of it printable.

    What cannot be printed, or is not UTF-8, is written as bash and zsh take it: ``$'caf\351'``. A shell that
    does not know this takes the word for another name, and never for a command.
    """
    return shlex.quote(text) if text.isprintable() else f"$'{''.join(map(_escaped, text))}'"


def _escaped(character: str) -> str:
    if character.isprintable() and character not in "'\\":
        return character
    return "".join(f"\\{byte:03o}" for byte in encoded(character))
