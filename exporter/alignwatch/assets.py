"""Where the files that travel with the package lie: rules, templates, example configuration, units."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def asset(*parts: str) -> Path:
    """The path of a shipped file or folder, such as ``asset("rules")``.

    A wheel carries them inside the package; a checkout has them at its top level.
    """
    installed = _PACKAGE / "assets"
    root = installed if installed.is_dir() else _PACKAGE.parent.parent
    return root.joinpath(*parts)
