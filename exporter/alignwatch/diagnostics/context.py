"""What a check is given: the configuration, git, the environment, and what is read only once."""

import time
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, cast

from alignwatch.git.command import Git
from alignwatch.settings import Repository, Settings

T = TypeVar("T")


class Shared:
    """What several checks want to know; who asks first finds out, the others wait for that."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Future[Any]] = {}
        self._lock = Lock()

    def once(self, what: Hashable, find_out: Callable[[], T]) -> T:
        """What it has found out, or raises what that has raised."""
        with self._lock:
            known = self._known.get(what)
            if known is None:
                future = self._known[what] = Future()
        if known is not None:
            return cast("T", known.result())
        try:
            future.set_result(find_out())
        except BaseException as error:
            future.set_exception(error)
        return cast("T", future.result())


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What one look of one check is given."""

    settings: Settings
    config: Path | None
    """The file that they come from; None for the defaults."""
    environment: Mapping[str, str]
    git: Git
    """Ends what it has started when the look's time is over."""
    shared: Shared = field(default_factory=Shared)
    now: float = field(default_factory=time.time)
    """Seconds since the epoch."""
    subject: Repository | None = None
    """The repository that is looked at; None for the machine."""

    @property
    def repository(self) -> Repository:
        """The repository that is looked at, of a check that is done for each."""
        assert self.subject is not None  # noqa: S101  # the runner gives it
        return self.subject

    @property
    def path(self) -> Path:
        """Where that is."""
        return Path(self.repository.path)

    @property
    def state_folder(self) -> Path:
        """Where journal and caches are."""
        return self.settings.state_folder

    @property
    def configured(self) -> bool:
        """Whether somebody has set this up, rather than tries it in a repository."""
        return self.config is not None

    def once(self, what: str, find_out: Callable[[], T]) -> T:
        """What is found out once for all checks of this repository, or of the machine."""
        return self.shared.once((what, self.subject and self.subject.label), find_out)
