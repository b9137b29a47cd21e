"""Is this a backup? Its files are compared with what was noted of them, and then it is restored.

``git bundle verify`` passes a bundle with corrupt bytes and one that was cut off, and ``git fsck`` without
``--full`` misses a corrupt pack: only a clone and a full check of it tell.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from alignwatch.git.command import Completed, Git
from alignwatch.git.refs import display, list_all, parse_all
from alignwatch.git.shadow import ISOLATED
from alignwatch.maintenance.backups.contents import compare
from alignwatch.maintenance.backups.git_words import complaint
from alignwatch.maintenance.backups.manifest import (
    BUNDLE,
    MIRROR,
    DamagedError,
    Head,
    Manifest,
    read_manifest,
)
from alignwatch.maintenance.backups.objects import check_objects
from alignwatch.text import printable

_ENVIRONMENT = {**ISOLATED, "GIT_ALLOW_PROTOCOL": "file", "GIT_NO_REPLACE_OBJECTS": "1"}

Tell = Callable[[str], None]
"""Is told what is done next, in a few words."""


class Restored(NamedTuple):
    """A backup that is whole."""

    manifest: Manifest
    seconds: float
    """The clone alone."""
    malformed: int
    """Objects that git finds fault with, and that are as they are in the repository itself."""


class Verification:
    """Restores one backup into scratch space, and looks at what comes of it."""

    def __init__(self, git: Git, label: str, deadline: float, tell: Tell) -> None:
        """Takes what runs git, the repository's label, and the seconds that one run of git may take."""
        self._git = git
        self._label = label
        self._deadline = deadline
        self._tell = tell

    def read(self, backup: Path) -> Manifest:
        """What a backup says of itself.

        Raises:
            DamagedError: it does not, or says that it is something else.
        """
        manifest = read_manifest(backup)
        if manifest.repository != self._label:
            raise DamagedError(f"it is one of {printable(manifest.repository)}, not of {self._label}")
        return manifest

    def restore(self, backup: Path, manifest: Manifest, scratch: Path) -> Restored:
        """Compares, restores and checks.

        Args:
            backup: its folder.
            manifest: what it says of itself.
            scratch: an empty folder.

        Raises:
            DamagedError: it is not what it was, or cannot be restored.
            AlignwatchError: it cannot be judged: no room, out of time.
        """
        self._tell("comparing files")
        compare(backup, manifest.files)
        self._tell("restoring")
        restored = scratch / "restored.git"
        started = time.monotonic()
        self._clone(backup / (BUNDLE if manifest.kind == "bundle" else MIRROR), restored, manifest)
        seconds = time.monotonic() - started
        self._tell("checking every object (git fsck --full --strict)")
        malformed = check_objects(self._git, restored, self._deadline, _ENVIRONMENT, self._tell)
        self._tell("comparing refs")
        self._check_refs(restored, manifest)
        self._check_head(restored, manifest)
        if manifest.kind == "mirror":
            self._check_branch(backup / MIRROR, manifest.head)
        return Restored(manifest, seconds, malformed)

    def _clone(self, source: Path, restored: Path, manifest: Manifest) -> None:
        if source.name not in {name.partition("/")[0] for name in manifest.files}:
            raise DamagedError(f"{source.name} is missing")
        # Without --no-local git would only link a mirror's files.
        command = ("clone", "--quiet", "--mirror", "--no-local", "--template=")
        done = self._run(restored.parent, *command, "--", str(source), str(restored))
        if done.exit_code != 0:
            said = display(done.stderr).splitlines()
            raise complaint("it cannot be cloned", restored.parent, done.exit_code, said)

    def _check_refs(self, restored: Path, manifest: Manifest) -> None:
        held = parse_all(list_all(self._git, restored, self._deadline))
        found = {display(name): oid for name, oid in held.items()}
        wrong = _differences(found, manifest.refs)
        if first := next(wrong, None):
            more = sum(1 for _ in wrong)
            raise DamagedError(f"{first}{f' (and {more} more)' if more else ''}")

    def _check_head(self, restored: Path, manifest: Manifest) -> None:
        head = manifest.head
        asked = self._run(restored, "rev-parse", "--quiet", "--verify", "HEAD")
        found = asked.stdout.decode().strip() or None
        if found != head.object and head.object is not None:
            raise DamagedError(f"HEAD leads to {found or 'nothing'}, and led to {head.object}")
        if head.ref is not None and manifest.refs.get(head.ref) != head.object:
            raise DamagedError(f"HEAD is not on {printable(head.ref)}, as it was")

    def _check_branch(self, mirror: Path, head: Head) -> None:
        # A clone of a detached HEAD is on a branch that leads to the same commit.
        ref = display(self._run(mirror, "symbolic-ref", "--quiet", "HEAD").stdout.rstrip(b"\n")) or None
        if ref != head.ref:
            raise DamagedError(f"HEAD is on {_named(ref)}, and was on {_named(head.ref)}")

    def _run(self, folder: Path, *arguments: str) -> Completed:
        return self._git.run(
            folder, *arguments, deadline=self._deadline, expected=(), environment=_ENVIRONMENT
        )


def _differences(found: Mapping[str, str], noted: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({**found, **noted}):
        if name not in found:
            yield f"{printable(name)} is missing"
        elif name not in noted:
            yield f"{printable(name)} does not belong to it"
        elif found[name] != noted[name]:
            yield f"{printable(name)} leads to {found[name]}, and led to {noted[name]}"


def _named(ref: str | None) -> str:
    return "no branch" if ref is None else printable(ref)
