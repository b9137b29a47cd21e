"""A bare repository of our own that sees every object of another one and nothing else of it.

git writes the trees of a merge that it only tries out, and reads the configuration of the repository it
runs in, merge drivers (which are commands) among it. Run in a shadow, it writes into a folder of ours,
and what it reads is the watched repository's objects, as :mod:`alignwatch.git.lending` lends them.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alignwatch.errors import AlignwatchError
from alignwatch.git.command import GitError
from alignwatch.git.discovery import git_dir
from alignwatch.git.lending import lend

ISOLATED = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1"}
"""Environment in which no configuration but the shadow's own is read."""
_SHA256_DIGITS = 64
_CONFIG = """\
[core]
	repositoryFormatVersion = {version}
	bare = true
	attributesFile = {nothing}
	multiPackIndex = false
	looseCompression = 0
[extensions]
{extensions}"""


class ShadowInUseError(AlignwatchError):
    """Another process is at work in the shadow."""


class Shadow:
    """The shadow of one repository; at most one process uses it at a time."""

    def __init__(self, folder: Path, watched: Path) -> None:
        self._folder = folder
        self._watched = watched

    @contextmanager
    def opened(self, some_object_id: str) -> Iterator[Path]:
        """Lends the folder to run git in. What git wrote there is gone when the block ends.

        Args:
            some_object_id: of the watched repository; its length tells the kind of its hashes.

        Raises:
            ShadowInUseError: another process has it.
            GitError: the watched repository is gone.
            OSError: the folder cannot be written.
        """
        common_dir = git_dir(self._watched)
        if common_dir is None:
            raise GitError(f"{self._watched}: not a git repository", reason="missing")
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "in-use").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ShadowInUseError(
                    f"{self._folder}: in use by another process; try again later"
                ) from None
            self._prepare(common_dir.resolve(), some_object_id)
            self.empty()
            try:
                yield self._folder
            finally:
                self.empty()

    def empty(self) -> None:
        """Removes what git wrote. The folders of objects stay: making them is the dearer part."""
        for file in (*self._folder.glob("objects/??/*"), *self._folder.glob("core*")):
            # A git of an exporter that was killed may still be at work there.
            file.unlink(missing_ok=True)

    def _prepare(self, common_dir: Path, object_id: str) -> None:
        (self._folder / "refs").mkdir(exist_ok=True)
        lend(common_dir / "objects", self._folder / "objects")
        sha256 = len(object_id) == _SHA256_DIGITS
        config = _CONFIG.format(
            version=int(sha256), nothing=os.devnull, extensions="\tobjectFormat = sha256\n" if sha256 else ""
        )
        (self._folder / "config").write_text(config)
        (self._folder / "HEAD").write_text("ref: refs/heads/none\n")
        # Where a shallow clone's history ends; it may become one, or none, at any time.
        shallow = self._folder / "shallow"
        with suppress(FileNotFoundError):
            shallow.unlink()
        shallow.symlink_to(common_dir / "shallow")
