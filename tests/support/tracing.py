"""git with trace2 on, told so by a configuration of the test's own, and a listener to what it tells."""

import subprocess
import time
from pathlib import Path
from typing import Any

from alignwatch.journal.store import Journal, RegisteredRepository
from alignwatch.state_dir import journal_path, trace_folder
from alignwatch.tracking.trace.listener import TraceListener
from support.journals import query
from support.repositories import ENVIRONMENT, git

COLUMNS = ("operation", "branch", "target", "outcome")


class Traced:
    """A state folder, a git that writes its events there, and repositories that are watched."""

    def __init__(self, root: Path) -> None:
        self.state_dir = root / "state"
        self.folder = trace_folder(self.state_dir)
        self.folder.mkdir(parents=True)
        self.config = root / "gitconfig"
        self.configure()
        self.environment = {**ENVIRONMENT, "GIT_CONFIG_GLOBAL": str(self.config)}
        self.journal = Journal(journal_path(self.state_dir))
        self.journal.version()  # It is there from now on.
        self.watched: list[str] = []
        self.listener = self.new_listener()

    def configure(self, extra: str = "") -> None:
        """Writes the configuration anew."""
        self.config.write_text(f"[trace2]\n\teventTarget = {self.folder}/\n{extra}")

    def new_listener(self) -> TraceListener:
        """One that remembers nothing, as after a restart of the exporter."""
        return TraceListener(self.folder, Journal(journal_path(self.state_dir)), self.watched, time.time)

    def watch(self, repository: Path, *primaries: str) -> Path:
        """Makes a repository a watched one."""
        one = RegisteredRepository(repository.name, repository, repository / ".git", primaries or ("main",))
        self.journal.register_repositories([one])
        self.watched.append(repository.name)
        return repository

    def git(self, folder: Path, *arguments: str, **variables: str) -> int:
        """Runs git with its events on, and returns its exit code."""
        return self.start(folder, *arguments, **variables).wait()

    def start(self, folder: Path, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        """Starts git with its events on."""
        return subprocess.Popen(
            ["git", *arguments],
            cwd=folder,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def files(self) -> list[str]:
        """What lies in the folder."""
        return sorted(path.name for path in self.folder.iterdir())

    def look(self, times: int = 2) -> None:
        """Lets the listener look; what vanished is settled by its second look."""
        for _ in range(times):
            reading = self.listener.look()
            assert reading is not None
            assert reading.ok

    def recorded(self, *columns: str) -> list[Any]:
        """These columns of all operations, in the order in which they began."""
        chosen = ", ".join(columns or COLUMNS)
        return query(journal_path(self.state_dir), f"SELECT {chosen} FROM operations ORDER BY started")

    def running(self) -> list[Any]:
        """Repository, kind, source and process of what runs, as the journal has it."""
        columns = "repository, operation, source, pid"
        return query(journal_path(self.state_dir), f"SELECT {columns} FROM running ORDER BY started")

    def seen(self, *columns: str, looks: int = 2) -> list[Any]:
        """As :meth:`recorded`, after looking."""
        self.look(looks)
        return self.recorded(*columns)


def resolve(folder: Path, path: str = "f", content: str = "resolved") -> None:
    """Resolves a conflict as a person would, out of the listener's sight."""
    (folder / path).write_text(content)
    git(folder, "add", path)
