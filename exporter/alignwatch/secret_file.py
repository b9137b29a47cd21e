"""Secrets are files, never values; a file that would not do is refused before anybody relies on it."""

import re
import stat
from pathlib import Path

from alignwatch.errors import UsageError
from alignwatch.text import printable

PLACEHOLDER = re.compile(r"\$\{[^}]*\}")


def read_secret(key: str, path: str) -> bytes:
    """What a secret file holds, without white space around it.

    Args:
        key: the setting that names the file.
        path: the file.

    Raises:
        UsageError: it is missing, empty, readable by everybody, or holds a ``${...}`` that nobody expands.
    """
    file = Path(path).absolute()
    shown = printable(str(file))
    try:
        world_readable = file.stat().st_mode & stat.S_IROTH
        secret = file.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"{key}: cannot read {shown}: {error.strerror}; put the secret there") from error
    if world_readable:
        raise UsageError(f"{key}: every user can read {shown}; run chmod o-rwx on it")
    if not secret:
        raise UsageError(f"{key}: {shown} is empty; put the secret there")
    if PLACEHOLDER.fullmatch(secret.decode(errors="replace")):
        raise UsageError(f"{key}: {shown} holds a placeholder; put the secret itself there")
    return secret
