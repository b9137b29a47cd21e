"""What is done beside looking, with one configuration and on one journal."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from alignwatch.alerting.sender import Sender
from alignwatch.git.command import Git
from alignwatch.hooks.dispatcher import Dispatcher
from alignwatch.hooks.status_file import StatusFile
from alignwatch.journal.store import Journal
from alignwatch.journal.watcher import JournalWatcher
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path, trace_folder
from alignwatch.tracking.registration import registrations
from alignwatch.tracking.trace.listener import TraceListener
from alignwatch.tracking.verifier import Verifier

if TYPE_CHECKING:
    from alignwatch.web.audit import Audit


class Duties:
    """Whoever does them; when is not theirs to say.

    Raises:
        UsageError: the token of the audit cannot be used.
    """

    def __init__(self, settings: Settings, git: Git) -> None:
        self.journal = journal = Journal(journal_path(settings.state_folder))
        paths = {repository.label: Path(repository.path) for repository in settings.repositories}
        window = settings.monitoring.operation_window_seconds
        self.watcher = JournalWatcher(journal, window, lambda: registrations(settings))
        self.listener = TraceListener(
            trace_folder(settings.state_folder), journal, frozenset(paths), time.time
        )
        self.verifier = Verifier(journal, git, paths, settings.monitoring.probe_deadline_seconds)
        self.sender = Sender(journal, settings)
        self.dispatcher = Dispatcher(settings)
        self.status_file = StatusFile(settings.propagation.status_file)
        self.audit = _audit(settings, journal)

    def close(self) -> None:
        """Takes nothing more; who is at work still ends it."""
        if self.audit is not None:
            self.audit.close()
        self.dispatcher.close()
        self.journal.close()


def _audit(settings: Settings, journal: Journal) -> "Audit | None":
    token_file = settings.alerts.audit.token_file
    if token_file is None:
        return None
    from alignwatch.web.audit import Audit

    if not settings.diagnostics.bundle_on_critical:
        return Audit(token_file, journal)
    from alignwatch.diagnostics.bundle.occasion import Occasions

    return Audit(token_file, journal, Occasions(settings))
