"""All branches at one moment, ready to be handed out whole, or in parts."""

import hashlib
from dataclasses import dataclass

import msgspec

from alignwatch.branches import Row


@dataclass(frozen=True, slots=True)
class BranchList:
    """The rows, their JSON, and what tells this list from another."""

    rows: tuple[Row, ...]
    encoded: bytes
    """A JSON array of all rows."""
    version: str
    """The same for lists of the same content."""

    @classmethod
    def of(cls, rows: tuple[Row, ...]) -> "BranchList":
        """Makes the list of these rows."""
        encoded = msgspec.json.encode(rows)
        return cls(rows, encoded, hashlib.blake2b(encoded, digest_size=12).hexdigest())


NO_BRANCHES = BranchList.of(())
