"""A YAML file as :class:`alignwatch.settings.Settings`; what cannot be used is said with line and remedy."""

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import structs

from alignwatch.configuration.document import parse
from alignwatch.configuration.fault import ConfigurationError, Fault, Faults, Place
from alignwatch.configuration.on_disk import absent
from alignwatch.configuration.problem import Problem
from alignwatch.configuration.rules import RULES
from alignwatch.configuration.shape import Shape, shape_of
from alignwatch.errors import UsageError
from alignwatch.git.discovery import containing_repository, default_primary, git_dir
from alignwatch.names import folder_name
from alignwatch.settings import Repository, Settings
from alignwatch.state_dir import default_state_dir
from alignwatch.text import printable

__all__ = ["ConfigurationError", "Fault", "check_file", "load_settings", "read_settings"]


def load_settings(path: Path | None, working_directory: Path) -> Settings:
    """The settings of a file, made complete.

    ``state_dir`` and every repository's ``name`` are filled in, paths are absolute. Without ``repositories``
    the one that contains the working directory is watched. Whether paths exist is not asked: a repository
    that is away is the exporter's to report.

    Args:
        path: the file; None for the defaults.
        working_directory: where the command was started.

    Raises:
        ConfigurationError: the file cannot be used; it carries every fault.
        UsageError: no repository is named, and the working directory is in none.
    """
    settings = read_settings(path)
    repositories = settings.repositories or (_repository_of(working_directory),)
    return structs.replace(
        settings,
        state_dir=settings.state_dir or str(default_state_dir()),
        repositories=tuple(structs.replace(one, name=one.label) for one in repositories),
    )


def read_settings(path: Path | None) -> Settings:
    """The settings of a file as they stand, for what needs no repository at hand.

    Args:
        path: the file; None for the defaults.

    Raises:
        ConfigurationError: the file cannot be used; it carries every fault.
    """
    return Settings() if path is None else _usable(path)


def check_file(path: Path) -> tuple[Fault, ...]:
    """Every fault of a file and, as warnings, what it names that is not there; in the order of its lines."""
    faults = Faults(str(path))
    if shape := _shape(path, faults):
        _blame(absent(shape.settings, shape.files), shape, faults)
    return faults.in_order()


def _usable(path: Path) -> Settings:
    faults = Faults(str(path))
    shape = _shape(path, faults)
    errors = [fault for fault in faults.in_order() if not fault.warning]
    if shape is None or errors:
        raise ConfigurationError(errors)
    return shape.settings


def _shape(path: Path, faults: Faults) -> Shape | None:
    """What of a file fits the settings; None if it is not even a YAML mapping."""
    text = _read(path, faults)
    root = None if text is None else parse(text, faults)
    if root is None:
        return None
    if not isinstance(root.value, dict):
        faults.add(Place(line=1), "holds no keys at its top", "begin it with a key such as monitoring:")
        return None
    shape = shape_of(root, path.absolute().parent, faults)
    for rule in RULES:
        _blame(rule(shape.settings), shape, faults)
    return shape


def _blame(problems: Iterable[Problem], shape: Shape, faults: Faults) -> None:
    """Takes down problems of what the file itself says and what has no fault already."""
    for problem in problems:
        written = [shape.places[path] for path in problem.about if path in shape.places]
        if written and all(map(shape.sound, problem.about)):
            faults.add(written[0], problem.message, problem.remedy, warning=problem.warning)


def _read(path: Path, faults: Faults) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        faults.add(Place(), f"cannot be read: {reason}", "give the path of a configuration file")
    except UnicodeDecodeError:
        faults.add(Place(), "is not text in UTF-8", "save it as UTF-8")
    return None


def _repository_of(folder: Path) -> Repository:
    found = containing_repository(folder)
    if found is None:
        raise UsageError(
            f"{printable(str(folder))}: not inside a git repository; start in one, "
            "or name it under repositories: in a file given with --config"
        )
    # A linked work tree is called as its repository, under which its operations are recorded.
    name = folder_name(git_dir(found) or found)
    return Repository(path=os.fspath(found), name=name, primaries=(default_primary(found),))
