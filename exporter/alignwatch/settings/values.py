"""What more than one section holds: types with their ranges, and the words of an error message for each."""

from typing import Annotated, TypeVar

from msgspec import Meta, Struct

A_YEAR = 31_622_400
"""Seconds; what should never happen has a switch of its own rather than a huge number."""
Seconds = Annotated[float, Meta(gt=0, le=A_YEAR, description="seconds")]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Name = Annotated[str, Meta(min_length=1, max_length=128, examples=["main"])]
Pattern = Annotated[str, Meta(min_length=1, max_length=128, examples=["orchestration-*"])]
"""Branch names, as the shell matches file names."""
Text = Annotated[str, Meta(min_length=1, max_length=1024)]
Address = Annotated[
    str,
    Meta(
        pattern=r"^(\[[0-9a-fA-F:.]*\]|[^:\s]*):[0-9]{1,5}$",
        description='an address as "host:port"',
        examples=["127.0.0.1:9847"],
    ),
]
Url = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s/@]+(/\S*)?$",
        description="an address that begins with http:// or https://, without user and password",
        examples=["http://127.0.0.1:9090"],
    ),
]
Folder = Annotated[
    str,
    Meta(min_length=1, description="a folder's path", examples=["/srv/git/app"], extra={"path": "folder"}),
]
"""A relative path starts at the folder of the configuration file."""
File = Annotated[
    str,
    Meta(min_length=1, description="a file's path", examples=["/etc/alignwatch/x"], extra={"path": "file"}),
]
"""As :data:`Folder`."""
_Item = TypeVar("_Item")
OneOrMore = Annotated[tuple[_Item, ...], Meta(min_length=1)]


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping in the file; a key that nobody reads is an error rather than a silence."""
