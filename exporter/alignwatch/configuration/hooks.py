"""What has to hold between the values of the sections ``hooks`` and ``propagation``."""

from collections.abc import Iterator

from alignwatch.configuration.fault import KeyPath
from alignwatch.configuration.problem import Problem, Rule
from alignwatch.configuration.refusal import shown
from alignwatch.settings import Hook, Parent, Settings


def names(settings: Settings) -> Iterator[Problem]:
    """What is kept of each is kept under its name."""
    seen: dict[str, KeyPath] = {}
    for path, reader in _readers(settings):
        first = seen.setdefault(reader.name, path)
        if first != path:
            yield Problem(
                ((*path, "name"), (*first, "name")),
                f"{shown(reader.name)} is the name of another hook or parent too",
                "give each a name of its own",
            )


def programs(settings: Settings) -> Iterator[Problem]:
    """A hook is one thing to run."""
    for number, hook in enumerate(settings.hooks):
        if bool(hook.command) == bool(hook.entry_point):
            what = "names a command and an entry_point" if hook.command else "names nothing to run"
            yield Problem(
                (("hooks", number, "name"),), f"{shown(hook.name)} {what}", "give it one of the two"
            )


def repositories(settings: Settings) -> Iterator[Problem]:
    """What is told of has to be watched."""
    watched = {one.label for one in settings.repositories}
    for path, reader in _readers(settings) if watched else ():
        for at, name in enumerate(reader.repositories):
            if name not in watched:
                yield Problem(
                    ((*path, "repositories", at),),
                    f"no repository is named {shown(name)}",
                    f"choose from {', '.join(sorted(watched))}",
                )


def audit(settings: Settings) -> Iterator[Problem]:
    """Only Alertmanager knows what it sends."""
    for path, reader in _readers(settings):
        if "alert_sent" in reader.events and settings.alerts.audit.token_file is None:
            yield Problem(
                ((*path, "events"),),
                "alert_sent never comes without alerts.audit",
                "set alerts.audit.token_file, or leave it out",
                warning=True,
            )


def _readers(settings: Settings) -> Iterator[tuple[KeyPath, Hook | Parent]]:
    for number, hook in enumerate(settings.hooks):
        yield ("hooks", number), hook
    for number, parent in enumerate(settings.propagation.parents):
        yield ("propagation", "parents", number), parent


RULES: tuple[Rule, ...] = (names, programs, repositories, audit)
