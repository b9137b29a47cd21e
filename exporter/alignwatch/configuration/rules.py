"""What has to hold between values that each are fine, and what takes more than a type to judge."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from alignwatch.configuration import hooks, maintenance
from alignwatch.configuration.fault import KeyPath
from alignwatch.configuration.problem import Problem, Rule
from alignwatch.configuration.refusal import nearest, shown
from alignwatch.diagnostics.checks import IDS
from alignwatch.operation import RESOLUTION
from alignwatch.settings import Server, Settings, Webhook


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


def ports(settings: Settings) -> Iterator[Problem]:
    """A port is a number of 16 bits."""
    addresses: dict[KeyPath, str] = {
        ("web", "listen_addresses", number): f"//{address}"
        for number, address in enumerate(settings.web.listen_addresses)
    }
    addresses["alerts", "email", "smarthost"] = f"//{settings.alerts.email.smarthost or ''}"
    for name, hook in _webhooks(settings).items():
        addresses["alerts", name, "url"] = hook.url or ""
    addresses["alerts", "audit", "url"] = settings.alerts.audit.url or ""
    for name, server in _servers(settings).items():
        addresses["report", name, "url"] = server.url or ""
    for path, address in addresses.items():
        if reason := _address_fault(address):
            message = f"{shown(address.removeprefix('//'))} cannot be used: {reason}"
            yield Problem((path,), message, "write host:port with a port up to 65535")


def credentials(settings: Settings) -> Iterator[Problem]:
    """A user without a password, or the other way round, is refused by every server."""
    servers: dict[KeyPath, tuple[str | None, str | None]] = {
        ("alerts", "email"): (settings.alerts.email.username, settings.alerts.email.password_file)
    }
    for name, server in _servers(settings).items():
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
        "webhook": {"url": alerts.webhook.url or alerts.webhook.url_file},
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


def webhooks(settings: Settings) -> Iterator[Problem]:
    """Each has one address."""
    for name, hook in _webhooks(settings).items():
        if hook.url and hook.url_file:
            yield Problem(
                (("alerts", name, "url"), ("alerts", name, "url_file")),
                "url and url_file exclude each other",
                "remove one of the two",
            )


def escalation(settings: Settings) -> Iterator[Problem]:
    """Who is told of the worst must not be left out by a slip."""
    alerts = settings.alerts
    if alerts.escalation.to and alerts.email.smarthost is None:
        yield Problem(
            (("alerts", "escalation", "to"), ("alerts", "email")),
            "no mail can be sent without a mail server",
            "set alerts.email.smarthost",
        )
    if alerts.escalation.slack.channel and alerts.escalation.slack.api_url_file is None:
        yield Problem(
            (("alerts", "escalation", "slack", "channel"),),
            "a channel without the address of its webhook",
            "set alerts.escalation.slack.api_url_file",
        )


def bundles(settings: Settings) -> Iterator[Problem]:
    """Without the audit nobody hears of alerts."""
    if settings.diagnostics.bundle_on_critical and settings.alerts.audit.token_file is None:
        yield Problem(
            (("diagnostics", "bundle_on_critical"),),
            "no bundle is kept: the exporter is not told of alerts",
            "set alerts.audit.token_file",
        )


def checks_left_out(settings: Settings) -> Iterator[Problem]:
    """A slip here would leave nothing out, and go unnoticed."""
    for number, name in enumerate(settings.diagnostics.skip):
        if name not in IDS:
            near = nearest(name, IDS)
            yield Problem(
                (("diagnostics", "skip", number),),
                f"the doctor has no check {shown(name)}",
                f"did you mean {near}?" if near else "alignwatch doctor --list-checks has them all",
            )


RULES: tuple[Rule, ...] = (
    repository_names,
    repository_paths,
    targets,
    critical_thresholds,
    phase_thresholds,
    ports,
    credentials,
    channels,
    webhooks,
    escalation,
    bundles,
    checks_left_out,
    *maintenance.RULES,
    *hooks.RULES,
)


def _webhooks(settings: Settings) -> dict[str, Webhook]:
    """Those that may be set up, by their keys."""
    return {"webhook": settings.alerts.webhook, "dead_mans_switch": settings.alerts.dead_mans_switch}


def _servers(settings: Settings) -> dict[str, Server]:
    """Those that the report asks, by their keys."""
    return {
        "prometheus": settings.report.prometheus,
        "alertmanager": settings.report.alertmanager,
        "exporter": settings.report.exporter,
    }


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
