"""A small world for the doctor to look at: everything in it can be broken, and nothing else is looked at."""

import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alignwatch.diagnostics.checks import load
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.doctor import context_of, examine
from alignwatch.diagnostics.report import CheckResult
from alignwatch.diagnostics.status import Status
from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.journal.running import Owner
from alignwatch.journal.store import Journal
from alignwatch.settings import Settings
from alignwatch.settings_file import load_settings
from alignwatch.state_dir import journal_path
from support import servers
from support.repositories import ENVIRONMENT, git, import_history, linear, new_repository
from support.servers import Server
from support.serving import running
from support.waiting import wait_until

NOBODY = 65534
HOUR, DAY = 3600.0, 86400.0
DEAD = Owner(1 << 22, "no boot of this machine", 1)
"""No process has this number."""


class Servers:
    """An Alertmanager, started when it is first needed and told anew for each case, and many a Prometheus."""

    def __init__(self, folder: Path, ends: ExitStack) -> None:
        self._folder = folder
        self._ends = ends
        self._alertmanager: Server | None = None
        self._scraping: dict[str, str] = {}
        self._number = 0

    def prometheus(self, config: str, ends: ExitStack) -> str:
        """The address of one that goes by a configuration, which says nothing of ``global``."""
        self._number += 1
        usual = "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        folder = self._folder / f"prometheus-{self._number}"
        return ends.enter_context(servers.prometheus(folder, usual + config)).url

    def scraping(self, configs: Mapping[str, str]) -> Mapping[str, str]:
        """The address of one for each configuration, in which ``TARGET`` is an exporter that answers.

        All begin together, since each takes seconds until it scrapes.
        """
        if not self._scraping:
            host, port = self._ends.enter_context(running()).where
            for name, text in configs.items():
                config = text.replace("TARGET", f"{host}:{port}")
                self._scraping[name] = self.prometheus(config, self._ends)
        return self._scraping

    def alertmanager(self, config: str) -> str:
        """The address of one that goes by a configuration, which says nothing of ``global``."""
        self._number += 1
        mark = f"resolve_timeout: {self._number}m1s"
        text = f"global: {{{mark}}}\n{config}"
        if self._alertmanager is None:
            started = servers.alertmanager(self._folder / "alertmanager", text)
            self._alertmanager = self._ends.enter_context(started)
        else:
            (self._folder / "alertmanager" / "alertmanager.yml").write_text(text)
            self._alertmanager.reload()
        status = f"{self._alertmanager.url}/api/v2/status"
        wait_until(lambda: mark in servers.get_json(status)["config"]["original"], "a reload")
        return self._alertmanager.url


@dataclass
class World:
    """One machine with one repository. What is not said is as on a healthy one."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    ends: ExitStack
    settings: Settings
    environment: dict[str, str]
    servers: Servers
    config: Path | None = None
    ahead: float = 0.0
    """Seconds by which its clock is later than the real one: everything is so much older."""
    owner: int | None = None
    """Whose eyes it is seen with."""
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def app(self) -> Path:
        """The repository."""
        return self.folder / "app"

    @property
    def dot_git(self) -> Path:
        return self.app / ".git"

    @property
    def state(self) -> Path:
        return self.settings.state_folder

    @property
    def journal(self) -> Path:
        return journal_path(self.state)

    @property
    def now(self) -> float:
        return time.time() + self.ahead

    def git(self, *arguments: str, check: bool = True) -> str:
        """Runs git in the repository."""
        return git(self.app, *arguments, check=check)

    def set(self, key: str, value: object) -> None:
        """Gives a setting a value: ``maintenance.enabled``, ``repositories.0.ignore``."""
        *way, last = key.split(".")
        tree: Any = msgspec.json.decode(msgspec.json.encode(self.settings))
        place = tree
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[last] = value
        self.settings = msgspec.convert(tree, Settings)

    def configure(self, text: str = "", repository: str = "") -> None:
        """Writes a configuration file and reads it."""
        self.config = self.folder / "alignwatch.yaml"
        self.config.write_text(
            f"state_dir: {self.state}\nrepositories: [{{path: {self.app}, name: app{repository}}}]\n{text}\n"
        )
        self.settings = load_settings(self.config, self.folder)

    def write(self, path: Path | str, content: str | bytes = "x", mode: int = 0o644) -> Path:
        """Writes a file, below the folder unless it is absolute."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(mode)
        return file

    def program(self, name: str, script: str) -> None:
        """Puts a program of this name before all others on PATH."""
        self.write(f"bin/{name}", f"#!/bin/sh\n{script}\n", 0o755)

    def alone(self) -> None:
        """Leaves no program on PATH but those of :meth:`program`."""
        self.environment["PATH"] = str(self.folder / "bin")

    def patch(self, target: str, value: object) -> None:
        """Gives a name of a module of ours another value, such as a file of the machine's."""
        self.monkeypatch.setattr(f"alignwatch.{target}", value)

    def recorded(self) -> None:
        """Makes a journal."""
        self.state.mkdir(mode=0o700, exist_ok=True)
        with Journal(self.journal) as journal:
            journal.forget_dead()

    def sql(self, statement: str, *values: object) -> None:
        """Changes the journal behind the product's back."""
        if not self.journal.exists():
            self.recorded()
        with closing(sqlite3.connect(self.journal)) as connection, connection:
            connection.execute(statement, values)

    def maintenance(self) -> MaintenanceJournal:
        """Maintenance in the journal."""
        self.state.mkdir(mode=0o700, exist_ok=True)
        return self.ends.enter_context(MaintenanceJournal(self.journal))

    def seen_by_somebody_else(self) -> None:
        """Looks with the eyes of a user who owns nothing here."""
        if os.geteuid() == 0:
            self.owner = NOBODY

    def context(self) -> Context:
        """What checks are given."""
        return replace(context_of(self.settings, self.config, self.environment), now=self.now)

    def look(self, id_: str) -> CheckResult:
        """What a check says."""
        (result,) = examine([load(id_)], self.context()).results
        if self.owner is None:
            return result
        # All that is imported is by now; modules may lie where another user does not see them.
        with _eyes_of(self.owner):
            (result,) = examine([load(id_)], self.context()).results
        return result


@contextmanager
def _eyes_of(user: int) -> Iterator[None]:
    os.setresgid(user, user, 0)
    os.setresuid(user, user, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


def template(folder: Path) -> Path:
    """What each world's repository is a copy of."""
    made = new_repository(folder / "template")
    import_history(made, [*linear("m", 3), *linear("f", 2, "m0")], {"main": "m2", "feature/far": "f1"})
    git(made, "reset", "--quiet", "--hard")
    return made


@contextmanager
def world(folder: Path, copied: Path, monkeypatch: pytest.MonkeyPatch, running: Servers) -> Iterator[World]:
    """A healthy one."""
    folder.mkdir(mode=0o755)
    shutil.copytree(copied, folder / "app", symlinks=True)
    for name in ("home", "bin"):
        (folder / name).mkdir()
    (folder / "state").mkdir(mode=0o700)
    environment = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": str(folder / "home" / ".gitconfig"),
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "ALIGNWATCH_STATE_DIR": str(folder / "state"),
    }
    settings = msgspec.convert(
        {"state_dir": str(folder / "state"), "repositories": [{"path": str(folder / "app"), "name": "app"}]},
        Settings,
    )
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(folder / "home" / name))
    try:
        with ExitStack() as ends:
            yield World(folder, monkeypatch, ends, settings, environment, running)
    finally:
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | stat.S_IRWXU)
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Case:
    """One thing that is done to a world, and what the doctor has to say of it."""

    check: str
    what: str
    """In words, for the table of verdicts."""
    do: Callable[[World], object]
    expected: Status
    says: str = ""
    """Part of what it has to say."""
    needs_root: bool = False

    @property
    def is_fault(self) -> bool:
        """Whether it is to be found."""
        return self.expected in (Status.WARNING, Status.CRITICAL)


def all_of(*steps: Callable[[World], object]) -> Callable[[World], None]:
    """Does one after the other."""

    def do(one: World) -> None:
        for step in steps:
            step(one)

    return do


def sets(values: Mapping[str, object] | None = None, **flat: object) -> Callable[[World], None]:
    """Gives settings values."""

    def do(one: World) -> None:
        for key, value in {**(values or {}), **flat}.items():
            one.set(key, value)

    return do


def older(seconds: float) -> Callable[[World], None]:
    """Lets time pass."""

    def do(one: World) -> None:
        one.ahead += seconds

    return do


__all__ = ["DAY", "DEAD", "ENVIRONMENT", "HOUR", "NOBODY", "Case", "World", "all_of", "older", "sets"]
