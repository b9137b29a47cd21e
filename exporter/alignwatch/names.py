"""Names as text that is safe in labels, JSON and the journal."""

import os
import re
from pathlib import Path

_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Halves of surrogate pairs, which are no text, and which Python does not use for bytes either."""


def legible(text: str) -> str:
    r"""Text from the operating system as plain Unicode: bytes that are not UTF-8 are written ``\xe9``."""
    return encoded(text).decode("utf-8", "backslashreplace")


def encoded(text: str) -> bytes:
    """The bytes of text from the operating system."""
    return os.fsencode(_HALVES.sub("\ufffd", text))


def folder_name(path: Path) -> str:
    """The name a repository has by its folder: ``/srv/git/app.git`` and ``/srv/app/.git`` are ``app``."""
    parts = [part for part in path.resolve().parts if part not in (".git", "/")]
    name = re.sub(r"\.git$", "", parts[-1]) if parts else ""
    return legible(name) or "repository"
