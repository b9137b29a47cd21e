"""The two tasks: a backup is made and the old ones are thinned out; the newest is restored on trial."""

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from alignwatch.git.command import GitError
from alignwatch.journal.backups import BackupJournal
from alignwatch.maintenance.backups.freshness import Lack, lack_of
from alignwatch.maintenance.backups.making import Maker, check_room
from alignwatch.maintenance.backups.manifest import DamagedError, Manifest
from alignwatch.maintenance.backups.retention import thin_out
from alignwatch.maintenance.backups.scratch import scratch_folder
from alignwatch.maintenance.backups.source import read_source
from alignwatch.maintenance.backups.store import Store, opened_store
from alignwatch.maintenance.backups.verdict import Verdict, read_verdict, write_verdict
from alignwatch.maintenance.backups.verification import Restored, Verification
from alignwatch.maintenance.clearing import Clearing
from alignwatch.maintenance.task import Context, Result, TaskError
from alignwatch.settings import Repository
from alignwatch.shell import typed
from alignwatch.state_dir import journal_path
from alignwatch.text import printable, size, span


def back_up(context: Context) -> Result:
    """Backs up one repository.

    Raises:
        AlignwatchError: it could not, or an old backup could not be removed.
        OSError: the disk is full, or fails.
    """
    settings, repository = context.settings.maintenance.backup, _repository(context)
    clearing, maker = Clearing(context), Maker(context.git, repository, context.task.limits.seconds)
    with opened_store(context.settings, repository.label, make=not context.dry_run) as store:
        now = time.time()
        source = maker.read()
        if not context.dry_run:
            store.clear()
        check_room(store.root.path, maker.needed_bytes(), context.task.limits.free_disk_percent)
        if context.dry_run:
            lines = [f"would back up to {printable(str(store.folder))}, refs: {len(source.refs)}"]
        else:
            made = maker.make(source, store, settings.kind, now)
            with BackupJournal(journal_path(context.settings.state_folder)) as journal:
                journal.note_made(repository.label, now, made.manifest.bytes)
            lines = _made_lines(store.folder / made.name, made.manifest, settings.kind)
        thin_out(store, settings, clearing, now, dry_run=context.dry_run)
    removed = clearing.result()
    return replace(removed, summary=(*lines, *(removed.summary if removed.freed_bytes else ())))


def verify_backup(context: Context) -> Result:
    """Restores the newest backup of one repository on trial.

    Raises:
        AlignwatchError: there is none, it cannot be restored, or it is too old.
        OSError: there is no scratch space.
    """
    repository = _repository(context)
    with opened_store(context.settings, repository.label) as store:
        names = store.names()
        if not names:
            # Where there is nothing to back up, nobody need be told that there is no backup.
            source = read_source(context.git, Path(repository.path), context.task.limits.seconds)
            if source.is_partial:
                raise source.skip()
            raise TaskError(
                f"there is no backup of {printable(repository.label)} in {printable(str(store.root.path))}; "
                f"{_make_one(repository)}",
                1,
            )
        if context.dry_run:
            return Result(summary=(f"would restore {printable(str(store.folder / names[0]))}",))
        return _Trial(context, repository, store, names).run()


class _Trial:
    """That of the newest backup of one repository."""

    def __init__(self, context: Context, repository: Repository, store: Store, names: list[str]) -> None:
        self._context = context
        self._repository = repository
        self._store = store
        self._name, self._older = names[0], names[1:]
        self._backup = store.folder / self._name
        self._journal = journal_path(context.settings.state_folder)

    def run(self) -> Result:
        try:
            restored = self._restore()
        except DamagedError as error:
            self._note_failed(str(error))
            raise TaskError(f"{self._shown()}: {error}; {self._remedy()}", 1) from None
        now = time.time()
        lack = self._lack(restored.manifest)
        write_verdict(self._backup, Verdict(checked=now, fault=None, restore_seconds=restored.seconds))
        with BackupJournal(self._journal) as journal:
            journal.note_restored(self._repository.label, now, restored.seconds, *(lack or (None, None)))
        limit = self._context.settings.maintenance.backup_verification.age_seconds
        age = now - restored.manifest.made
        lines = _restored_lines(self._shown(), restored, lack, age)
        if age > limit:
            print("\n".join(lines))
            too_old = f"it is {span(age)} old, and may be {span(limit)}"
            raise TaskError(f"{self._shown()}: {too_old}; {_make_one(self._repository)}", 1)
        return Result(summary=lines)

    def _restore(self) -> Restored:
        context = self._context
        verification = Verification(context.git, self._repository.label, context.task.limits.seconds, _tell)
        manifest = verification.read(self._backup)
        with scratch_folder(context.settings.state_folder, self._repository.label) as scratch:
            check_room(scratch, manifest.bytes, context.task.limits.free_disk_percent)
            return verification.restore(self._backup, manifest, scratch)

    def _note_failed(self, fault: str) -> None:
        now = time.time()
        with BackupJournal(self._journal) as journal:
            journal.note_failed(self._repository.label, now)
        # Whatever keeps it from being noted there is no more than what is wrong with it.
        with suppress(OSError):
            write_verdict(self._backup, Verdict(checked=now, fault=fault, restore_seconds=None))

    def _lack(self, manifest: Manifest) -> Lack | None:
        """A repository that is broken takes nothing from its backup."""
        try:
            deadline = self._context.task.limits.seconds
            return lack_of(self._context.git, Path(self._repository.path), manifest, deadline)
        except (GitError, OSError) as error:
            print(f"how far the repository has gone on is not known: {error}")
            return None

    def _shown(self) -> str:
        return printable(str(self._backup))

    def _remedy(self) -> str:
        for name in self._older:
            verdict = read_verdict(self._store.folder / name)
            if verdict is not None and verdict.sound:
                return f"{_make_one(self._repository)}; the last one that could be restored is {name}"
        return f"{_make_one(self._repository)}; no older one is known to be good"


def _tell(step: str) -> None:
    # Whoever waits for it before a terminal sees it now.
    print(step, flush=True)


def _repository(context: Context) -> Repository:
    assert context.repository is not None  # noqa: S101  # it is needed
    return context.repository


def _make_one(repository: Repository) -> str:
    command = ("alignwatch", "maintenance", "run", "backup", f"--repository={repository.label}")
    return f"make one: {typed(command)}"


def _made_lines(backup: Path, manifest: Manifest, wanted: str) -> list[str]:
    what = f"{manifest.kind}, {size(manifest.bytes)}, refs: {len(manifest.refs)}"
    lines = [f"{printable(str(backup))}: {what}"]
    if manifest.kind != wanted:
        lines.append("a mirror: no bundle can hold a shallow clone, nor a branch that is named like a ref")
    return lines


def _restored_lines(backup: str, restored: Restored, lack: Lack | None, age: float) -> tuple[str, ...]:
    refs = len(restored.manifest.refs)
    lines = [f"{backup}: {span(age)} old, restored in {restored.seconds:.2f} s, refs: {refs}"]
    if restored.malformed:
        lines.append(f"objects that git finds fault with, as in the repository itself: {restored.malformed}")
    if lack is not None and lack.refs:
        lines.append(f"the repository has gone on since by refs: {lack.refs}, commits: {lack.commits}")
    return tuple(lines)
