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
