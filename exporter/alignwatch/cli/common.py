"""What several verbs share: the ``--config`` option and loading it."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from alignwatch.state_dir import default_state_dir

if TYPE_CHECKING:
    from alignwatch.settings import Settings


def add_config(
    parser: argparse.ArgumentParser, otherwise: str = "the repository of the working directory"
) -> None:
    """Adds ``--config`` and ``--state-dir``; ``otherwise`` says what holds without a file."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=os.environ.get("ALIGNWATCH_CONFIG"),
        help=f"configuration file (default: $ALIGNWATCH_CONFIG, else {otherwise})",
    )
    parser.add_argument(
        "--state-dir", type=Path, metavar="DIR", help="instead of the configuration's state_dir"
    )


def settings_for(arguments: argparse.Namespace, working_directory: Path | None = None) -> "Settings":
    """The settings that the arguments ask for.

    Args:
        arguments: parsed, with those of :func:`add_config`.
        working_directory: whose repository is watched when no file names any; default: this process's.

    Raises:
        ConfigurationError: the file is wrong, or there is neither a file nor a repository.
    """
    from msgspec import structs

    from alignwatch.settings_file import load_settings

    config = Path(arguments.config) if arguments.config else None
    settings = load_settings(config, working_directory or Path.cwd())
    if arguments.state_dir is not None:
        settings = structs.replace(settings, state_dir=str(arguments.state_dir.resolve()))
    return settings


def state_dir_for(arguments: argparse.Namespace) -> Path:
    """The state folder that the arguments ask for; a configuration is read only if one is named.

    Args:
        arguments: parsed, with those of :func:`add_config`.

    Raises:
        ConfigurationError: the file is wrong.
    """
    if arguments.state_dir is not None:
        chosen: Path = arguments.state_dir
        return chosen
    # Reading the configuration takes longer than all else that `track` does.
    return settings_for(arguments).state_folder if arguments.config else default_state_dir()
