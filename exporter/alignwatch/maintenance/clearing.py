"""What the tasks that remove files share: the roots, the removal, the words."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from alignwatch.errors import AlignwatchError
from alignwatch.maintenance.task import Context, Result, TaskError
from alignwatch.maintenance.tree import Found, Root, opened
from alignwatch.text import printable


class Clearing:
    """Removes files, or says which would be, and adds up what that frees."""

    def __init__(self, context: Context) -> None:
        self._dry_run = context.dry_run
        settings = context.settings
        self._kept = (settings.state_folder, *(Path(one.path) for one in settings.repositories))
        backups = settings.maintenance.backup.folder
        # A bundle is an ordinary file, and an old one may be the only one that is whole.
        self._backups = (Path(backups),) if backups else ()
        self._freed = 0
        self._shortfall = 0
        self._count = 0
        self._failures: list[str] = []

    def clear(self, key: str, roots: Sequence[str], each: Callable[[Root], None]) -> Result:
        """Goes through the roots of a task.

        Args:
            key: where the configuration names them.
            roots: their paths.
            each: what is done with one.

        Raises:
            TaskError: something could not be done.
        """
        if not roots:
            return Result(summary=(f"nothing to do: {key} names no folder",))
        for path in roots:
            try:
                with opened(path, self._kept, self._backups) as root:
                    each(root)
            except AlignwatchError as error:
                self._failures.append(str(error))
            except OSError as error:
                self._failures.append(f"{printable(path)}: {error.strerror}; mend {key}")
        return self.result()

    def remove(self, root: Root, file: Found, why: str) -> bool:
        """Removes a file, unless it has changed since it was found."""
        if not file.is_unchanged():
            return False
        self._say("remove", root, file, why)
        if not self._dry_run and not self._done(root, file, lambda: os.unlink(file.name, dir_fd=file.folder)):
            return False
        self._freed += file.room
        self._count += 1
        return True

    def rename(self, root: Root, file: Found, name: str, why: str) -> None:
        """Renames a file in its folder, unless the name is taken."""
        with suppress(FileNotFoundError):
            os.stat(name, dir_fd=file.folder, follow_symlinks=False)
            return
        self._say(f"rename to {printable(name)}:", root, file, why)
        if not self._dry_run:
            folder = file.folder
            self._done(root, file, lambda: os.rename(file.name, name, src_dir_fd=folder, dst_dir_fd=folder))

    def fall_short(self, missing: float) -> None:
        """Notes that so many bytes should have been freed besides."""
        self._shortfall += max(int(missing), 0)

    def result(self) -> Result:
        """What came of it.

        Raises:
            TaskError: something could not be done.
        """
        would = "would be " if self._dry_run else ""
        summary = f"files {would}removed: {self._count}, bytes {would}freed: {self._freed}"
        if self._failures:
            print("\n".join((summary, *self._failures[1:])))
            raise TaskError(self._failures[0], 1)
        return Result(self._freed, (summary,), self._shortfall)

    def _say(self, verb: str, root: Root, file: Found, why: str) -> None:
        would = "would " if self._dry_run else ""
        print(f"{would}{verb} {printable(str(root.path / file.path))} ({why})")

    def _done(self, root: Root, file: Found, step: Callable[[], None]) -> bool:
        """Does something to a file; of what cannot be done it is noted why, and the others go on."""
        try:
            step()
        except FileNotFoundError:
            return False  # Somebody was quicker.
        except OSError as error:
            self._failures.append(f"{printable(str(root.path / file.path))}: {error.strerror}")
            return False
        return True
