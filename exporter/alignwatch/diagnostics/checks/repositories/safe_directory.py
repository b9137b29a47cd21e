"""Whose repository it is.

git refuses a repository of another user until `safe.directory` names it: then nothing of it can be seen.
Where several users write to one repository without a shared group, folders among the objects come to belong
to one who has run a command as root; the next `fetch` or `commit` of the others fails.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, critical, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import opened
from alignwatch.diagnostics.status import Status
from alignwatch.git.command import GitError

_GROUP_MAY_WRITE = 0o020


def _run(context: Context) -> Iterator[Finding]:
    found = opened(context)
    try:
        context.git.run(context.path, "rev-parse", "--git-dir", deadline=4)
    except GitError as error:
        if error.reason == "ownership":
            yield critical(
                "the repository belongs to another user, and git refuses it",
                "name it in safe.directory of the user that runs this",
                ("git", "config", "--global", "--add", "safe.directory", str(context.path)),
            )
            return
        raise
    odd = _folders_of_others(found.common_dir)
    if odd:
        owner = (found.common_dir / "objects").stat()
        yield warning(
            f"{len(odd)} folders in it belong to somebody else and are closed to its owner, such as {odd[0]}",
            "give them back to the owner of the repository",
            ("chown", "-R", f"{owner.st_uid}:{owner.st_gid}", str(found.common_dir)),
            file=str(odd[0]),
        )


def _folders_of_others(common_dir: Path) -> list[Path]:
    """Folders of objects and refs in which the owner of the repository may not write."""
    owner = (common_dir / "objects").stat()
    folders = [*(common_dir / "objects").iterdir(), *(common_dir / "refs").iterdir()]
    found = []
    for folder in filter(Path.is_dir, sorted(folders)):
        # git removes folders that have become empty.
        with suppress(FileNotFoundError):
            status = folder.stat()
            # A shared repository has a group whose members write.
            shared = status.st_mode & _GROUP_MAY_WRITE and status.st_gid == owner.st_gid
            if status.st_uid != owner.st_uid and not shared:
                found.append(folder)
    return found


CHECK = Check(
    id="safe-directory",
    summary="the repository belongs to who works in it",
    well="the repository belongs to who works in it",
    reaches=Status.CRITICAL,
    each_repository=True,
    run=_run,
)
