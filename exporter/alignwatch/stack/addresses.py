"""Where the servers of a local stack listen, for commands in other terminals."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from alignwatch.files import write_atomically


@dataclass(frozen=True, slots=True)
class Addresses:
    """Base addresses; None for a server that does not run."""

    exporter: str
    prometheus: str | None
    alertmanager: str | None


def stack_dir(state_dir: Path) -> Path:
    """Where a local stack keeps its data and configuration."""
    return state_dir / "stack"


def _file(state_dir: Path) -> Path:
    return stack_dir(state_dir) / "addresses.json"


def read(state_dir: Path) -> Addresses | None:
    """The addresses of the stack that runs with this state folder; None if none does."""
    try:
        return Addresses(**json.loads(_file(state_dir).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write(state_dir: Path, addresses: Addresses) -> None:
    """Makes the addresses known."""
    write_atomically(_file(state_dir), json.dumps(asdict(addresses), indent=2).encode() + b"\n")


def forget(state_dir: Path) -> None:
    """Takes them back when the stack ends."""
    _file(state_dir).unlink(missing_ok=True)
