"""Where Alignwatch keeps what is its own: the journal, caches, the local stack's data."""

import os
from collections.abc import Mapping
from pathlib import Path


def default_state_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """The state folder when no configuration names one.

    ``$ALIGNWATCH_STATE_DIR``, else the folder that systemd gives a service (``$STATE_DIRECTORY``), else
    the user's state folder by the XDG base directory specification.
    """
    for variable in ("ALIGNWATCH_STATE_DIR", "STATE_DIRECTORY"):
        if value := environment.get(variable):
            return Path(value.split(":")[0])
    state_home = environment.get("XDG_STATE_HOME")
    home = Path(state_home) if state_home else Path.home() / ".local" / "state"
    return home / "alignwatch"


def journal_path(state_dir: Path) -> Path:
    """The journal's database file."""
    return state_dir / "journal.sqlite3"


def name_in_cache(what: str, repository: Path) -> str:
    """A name for what is kept of one repository, whatever its path."""
    import hashlib

    digest = hashlib.sha256(os.fsencode(repository)).hexdigest()
    return f"{what}-{digest[:16]}"


def trace_folder(state_dir: Path) -> Path:
    """Where git writes the events of its processes."""
    return state_dir / "trace2"
