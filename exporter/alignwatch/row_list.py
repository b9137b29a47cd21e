"""All rows of one kind at one moment, ready to be handed out whole, or in parts."""

import hashlib
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class RowList(Generic[T]):
    """The rows, their JSON, and what tells this list from another."""

    rows: tuple[T, ...]
    encoded: bytes
    """A JSON array of all rows."""
    version: str
    """The same for lists of the same content."""

    @classmethod
    def of(cls, rows: tuple[T, ...]) -> "RowList[T]":
        """Makes the list of these rows."""
        encoded = msgspec.json.encode(rows)
        return cls(rows, encoded, hashlib.blake2b(encoded, digest_size=12).hexdigest())
