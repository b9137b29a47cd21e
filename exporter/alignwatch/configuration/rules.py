"""What has to hold between values that each are fine, and what takes more than a type to judge."""

import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cronsim import CronSim, CronSimError

from alignwatch.configuration.fault import KeyPath
from alignwatch.configuration.refusal import nearest, shown
from alignwatch.operation import RESOLUTION
from alignwatch.settings import Settings


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that is broken."""

    about: tuple[KeyPath, ...]
    """The values that it compares; the first that the file gives is to blame."""
    message: str
    remedy: str
    warning: bool = False


Rule = Callable[[Settings], Iterator[Problem]]


def repository_names(settings: Settings) -> Iterator[Problem]:
    """A label that two repositories share would mix their series."""
    labels = [one.label for one in settings.repositories]
    for number, first in _repetitions(labels):
        named_by = "name" if settings.repositories[number].name else "path"
        yield Problem(
            (("repositories", number, named_by),),
            f"{shown(labels[number])} is the name of repositories[{first}] too",
            "give each a name of its own, such as name: other",
        )


def repository_paths(settings: Settings) -> Iterator[Problem]:
    """A repository watched twice would be counted twice."""
    paths = [one.path.removesuffix("/.git") for one in settings.repositories]
    for number, first in _repetitions(paths):
        yield Problem(
            (("repositories", number, "path"),),
            f"the same repository as repositories[{first}]",
            "remove one of the two",
        )


def targets(settings: Settings) -> Iterator[Problem]:
    """Branches can only be aligned to a primary."""
    for number, repository in enumerate(settings.repositories):
        here: KeyPath = ("repositories", number)
        named: dict[KeyPath, str] = {
            ("targets", at, "target"): one.target for at, one in enumerate(repository.targets)
        }
        for at, pair in enumerate(repository.never_merge):
            named |= {("never_merge", at, side): name for side, name in enumerate(pair)}
        for path, name in named.items():
            if name not in repository.primaries:
                known = ", ".join(map(shown, repository.primaries))
                yield Problem(
                    ((*here, *path), (*here, "primaries")),
                    f"{shown(name)} is not among the primaries of this repository ({known})",
                    "add it to primaries, or name one of them",
                )


def critical_thresholds(settings: Settings) -> Iterator[Problem]:
    """What is critical is worse than what is too much."""
    thresholds = settings.monitoring.alert_thresholds
    for name in ("memory", "disk"):
        low, high = f"{name}_percent", f"{name}_critical_percent"
        limit, critical = getattr(thresholds, low), getattr(thresholds, high)
        if limit > critical:
            here: KeyPath = ("monitoring", "alert_thresholds")
            yield Problem(
                ((*here, low), (*here, high)),
                f"{low} ({limit:g}) is above {high} ({critical:g})",
                f"lower {low}, or raise {high}",
            )


def phase_thresholds(settings: Settings) -> Iterator[Problem]:
    """A person who resolves a conflict is no slow machine."""
    given: dict[KeyPath, Mapping[str, float]] = {
        ("monitoring", "alert_thresholds", "phases"): settings.monitoring.alert_thresholds.phases
    }
    for number, repository in enumerate(settings.repositories):
        given["repositories", number, "alert_thresholds", "phases"] = repository.alert_thresholds.phases
    for path, phases in given.items():
        if RESOLUTION in phases:
            yield Problem(
                ((*path, RESOLUTION),),
                "this phase is a person's, and never counts as a slow machine",
                "remove it; stuck_after_seconds is for what nobody works on",
            )


def schedule(settings: Settings) -> Iterator[Problem]:
    """What runs the schedule also judges it."""
    expression = settings.maintenance.schedule
    if reason := _cron_fault(expression):
        yield Problem(
            (("maintenance", "schedule"),),
            f"{shown(expression)} is no cron expression: {reason}",
            'write five fields, minute hour day month weekday, such as "0 2 * * *"',
        )


def time_zone(settings: Settings) -> Iterator[Problem]:
    """The zone has to be known on this machine."""
    name = settings.maintenance.time_zone
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        near = nearest(name, known)
        remedy = f"did you mean {near}?" if near else "write an IANA name, such as Europe/Berlin"
        yield Problem(
            (("maintenance", "time_zone"),),
            f"{shown(name)} is no time zone that this machine knows",
            remedy if known else "install the time zones: apt-get install tzdata",
        )


def window(settings: Settings) -> Iterator[Problem]:
    """A window from a time to the same time could mean no time at all or all day."""
    maintenance = settings.maintenance
    if maintenance.window_start == maintenance.window_end:
        yield Problem(
            (("maintenance", "window_end"), ("maintenance", "window_start")),
            f"the window from {maintenance.window_start} to {maintenance.window_end} has no length",
            "make window_end differ from window_start",
        )


def ports(settings: Settings) -> Iterator[Problem]:
    """A port is a number of 16 bits."""
    addresses: dict[KeyPath, str] = {
        ("web", "listen_addresses", number): f"//{address}"
        for number, address in enumerate(settings.web.listen_addresses)
    }
    addresses["alerts", "email", "smarthost"] = f"//{settings.alerts.email.smarthost or ''}"
    addresses["report", "prometheus", "url"] = settings.report.prometheus.url or ""
    addresses["report", "alertmanager", "url"] = settings.report.alertmanager.url or ""
    for path, address in addresses.items():
        if reason := _address_fault(address):
            message = f"{shown(address.removeprefix('//'))} cannot be used: {reason}"
            yield Problem((path,), message, "write host:port with a port up to 65535")


def credentials(settings: Settings) -> Iterator[Problem]:
    """A user without a password, or the other way round, is refused by every server."""
    servers: dict[KeyPath, tuple[str | None, str | None]] = {
        ("alerts", "email"): (settings.alerts.email.username, settings.alerts.email.password_file)
    }
    for name, server in (
        ("prometheus", settings.report.prometheus),
        ("alertmanager", settings.report.alertmanager),
    ):
        servers["report", name] = (server.username, server.password_file)
        if server.bearer_token_file and server.username:
            yield Problem(
                (("report", name, "bearer_token_file"), ("report", name, "username")),
                "bearer_token_file and username exclude each other",
                "remove one of the two",
            )
    for path, (username, password_file) in servers.items():
        if (username is None) != (password_file is None):
            yield Problem(
                ((*path, "username"), (*path, "password_file")),
                "username and password_file go together",
                "give both, or neither",
            )


def channels(settings: Settings) -> Iterator[Problem]:
    """A channel that is not set up is allowed, as the specification's own file has one; by half it is not."""
    alerts = settings.alerts
    required: dict[str, dict[str, object]] = {
        "email": {"to": alerts.email.to, "smarthost": alerts.email.smarthost},
        "slack": {"api_url_file": alerts.slack.api_url_file},
    }
    for number, channel in enumerate(alerts.channels if alerts.enabled else ()):
        lacking = [f"alerts.{channel}.{key}" for key, value in required[channel].items() if not value]
        not_at_all = len(lacking) == len(required[channel])
        if lacking:
            yield Problem(
                (("alerts", "channels", number), ("alerts", channel)),
                f"{channel} is {'not set up: nothing is sent there' if not_at_all else 'set up by half'}",
                f"set {' and '.join(lacking)}, or take {channel} out of alerts.channels",
                warning=not_at_all,
            )


RULES: tuple[Rule, ...] = (
    repository_names,
    repository_paths,
    targets,
    critical_thresholds,
    phase_thresholds,
    schedule,
    time_zone,
    window,
    ports,
    credentials,
    channels,
)


def _cron_fault(expression: str) -> str | None:
    if len(expression.split()) != 5:
        return f"5 fields expected, got {len(expression.split())}"
    try:
        CronSim(expression, datetime.now(UTC))
    except CronSimError as error:
        return str(error).lower()
    return None


def _address_fault(address: str) -> str | None:
    try:
        _ = urlsplit(address).port
    except ValueError as error:
        return "the port is over 65535" if "out of range" in str(error) else "host and port are not clear"
    return None


def _repetitions(values: list[str]) -> Iterator[tuple[int, int]]:
    """The number of each value that came before, with the number of the first like it."""
    for number, value in enumerate(values):
        if (first := values.index(value)) < number:
            yield number, first
