"""The configuration as it is understood, defaults filled in.

The file's text is not taken: comments may hold anything. Of addresses that messages are sent to only the
host stays, since who knows the rest may send there.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from alignwatch.diagnostics.bundle.part import Member
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.secrets import HIDDEN

_RECEIVERS = ("webhook", "dead_mans_switch", "parents")


def collect(context: Context) -> Iterator[Member]:
    """``configuration.json``."""
    settings = _without_receivers(msgspec.to_builtins(context.settings), hidden=False)
    file = None if context.config is None else str(context.config)
    yield Member("configuration.json", {"file": file, "settings": settings})


def _without_receivers(value: Any, *, hidden: bool) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _host(one)
            if hidden and key == "url" and isinstance(one, str)
            else _without_receivers(one, hidden=hidden or key in _RECEIVERS)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_receivers(one, hidden=hidden) for one in value]
    return value


def _host(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}/{HIDDEN}"
