"""What makes history look other than its commits say: shallow clones, grafts, replaced objects."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from alignwatch.git.discovery import git_dir

_FILES = ("shallow", "info/grafts")


def history_mark(repository: Path, replaced: Iterable[str]) -> str:
    """As long as it is the same, the same commits have the same ancestors.

    Args:
        repository: a work tree or a bare repository.
        replaced: objects and what stands in for them, as :attr:`alignwatch.git.refs.Refs.replaced` has them.

    Returns:
        A few letters; none where nothing alters history.

    Raises:
        OSError: a file that says so cannot be read.
    """
    folder = git_dir(repository) or repository
    files = {name: folder / name for name in _FILES}
    altered = [name.encode() + b"\0" + file.read_bytes() for name, file in files.items() if file.is_file()]
    altered += [one.encode() for one in replaced]
    return hashlib.blake2b(b"\0".join(altered), digest_size=12).hexdigest() if altered else ""
