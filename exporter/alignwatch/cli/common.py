"""What several verbs share: the ``--config`` option and loading it, and the options that name servers."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from alignwatch.errors import UsageError
from alignwatch.state_dir import default_state_dir

if TYPE_CHECKING:
    from alignwatch.settings import Server, Settings


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


def settings_for(
    arguments: argparse.Namespace, working_directory: Path | None = None, *, apart: bool = False
) -> "Settings":
    """The settings that the arguments ask for.

    Args:
        arguments: parsed, with those of :func:`add_config`.
        working_directory: whose repository is watched when no file names any; default: this process's.
        apart: read them in another process, for one that must stay small.

    Raises:
        UsageError: the file is wrong, or there is neither a file nor a repository.
    """
    from msgspec import structs

    if apart:
        from alignwatch.configuration.apart import load_settings_apart as load
    else:
        from alignwatch.settings_file import load_settings as load

    config = Path(arguments.config) if arguments.config else None
    settings = load(config, working_directory or Path.cwd())
    if arguments.state_dir is not None:
        settings = structs.replace(settings, state_dir=str(arguments.state_dir.resolve()))
    return settings


def add_server(parser: argparse.ArgumentParser, name: str, default: str) -> None:
    """Adds the option that names a server in the configuration's place: ``--prometheus`` and the like."""
    parser.add_argument(
        f"--{name}",
        metavar="URL",
        help=f"instead of report.{name}.url (default: the running local stack's, else {default})",
    )


def settings_with_servers(arguments: argparse.Namespace) -> "Settings":
    """The settings for what asks servers and needs no repository: the file's, else the defaults.

    Args:
        arguments: parsed, with those of :func:`add_config` and :func:`add_server`.

    Raises:
        ConfigurationError: the file is wrong.
        UsageError: an option is no address.
    """
    from msgspec import structs

    from alignwatch.settings_file import read_settings

    settings = read_settings(Path(arguments.config) if arguments.config else None)
    if arguments.state_dir is not None:
        settings = structs.replace(settings, state_dir=str(arguments.state_dir.resolve()))
    named = {
        name: _at(getattr(settings.report, name), name, url)
        for name in ("prometheus", "alertmanager", "exporter")
        if (url := getattr(arguments, name, None)) is not None
    }
    return structs.replace(settings, report=structs.replace(settings.report, **named))


def _at(server: "Server", name: str, url: str) -> "Server":
    import msgspec

    try:
        return msgspec.convert({**msgspec.to_builtins(server), "url": url}, type(server))
    except msgspec.ValidationError:
        # The text is not repeated: it may hold a password.
        raise UsageError(
            f"--{name} is no http(s) address; user and password belong into files "
            f"(report.{name}.password_file)"
        ) from None


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


def json_text(value: object) -> str:
    """What scripts read, indented for whoever looks at it."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value)).decode()
