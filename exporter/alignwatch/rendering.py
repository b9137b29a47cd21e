"""``prometheus.yml`` and ``alertmanager.yml`` from the settings.

Only what has to differ by site is rendered; the rules are plain YAML that anybody can load. What
``promtool`` and ``amtool`` let through and the servers then trip over is refused here.
"""

import glob
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2
import msgspec
import yaml

from alignwatch.assets import asset
from alignwatch.errors import UsageError
from alignwatch.settings import Alerts, Email, Settings, Slack
from alignwatch.text import printable

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
_USED_TEMPLATE = re.compile(r'\{\{ template "([^"]+)"')
_DEFINED_TEMPLATE = re.compile(r'\{\{-? *define "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Rendered:
    """A configuration file, and what a person should know about it."""

    text: str
    warnings: tuple[str, ...]
    """One line each: what is configured to be sent and cannot be."""


def render_prometheus(
    settings: Settings,
    *,
    exporter: str,
    alertmanager: str | None,
    prometheus: str | None,
    rules: Path,
    instance: str | None = None,
    scrape_interval_seconds: int = 15,
) -> str:
    """The configuration of a Prometheus that scrapes the exporter and evaluates the rule pack.

    Args:
        settings: for the path of the metrics.
        exporter: host:port, as Prometheus reaches it.
        alertmanager: host:port of where alerts go, scraped too; None for nowhere.
        prometheus: host:port of the Prometheus itself, to be scraped; None for not.
        rules: the folder of the rule files; a relative one starts where the configuration file lies.
        instance: the label that tells this exporter from others; None for its address.
        scrape_interval_seconds: also the interval at which rules are evaluated.
    """
    return _template(asset("deploy", "prometheus", "prometheus.yml.j2")).render(
        interval=f"{scrape_interval_seconds}s",
        rules=f"{glob.escape(str(rules))}/*.yml",
        metrics_path=settings.web.telemetry_path,
        exporter=exporter,
        instance=instance,
        alertmanager=alertmanager,
        prometheus=prometheus,
    )


def render_alertmanager(settings: Settings, *, templates: Path, base: Path = Path()) -> Rendered:
    """The configuration of an Alertmanager that tells people by email and Slack.

    A channel that is named but not set up at all is left out with a warning; one that is set up by half
    is refused.

    Args:
        settings: who is told of what, and how.
        templates: the folder of the notification templates.
        base: the folder that a relative ``templates`` starts from, which is where Alertmanager's
            configuration file lies.

    Raises:
        UsageError: naming the key, for a secret file that is missing, empty or readable by everybody, a
            ``${...}`` that nobody expands, or a template that no file defines.
    """
    alerts = settings.alerts
    _refuse_placeholders(alerts)
    wanted = alerts.channels if alerts.enabled else ()
    channels = {
        "email": _email(alerts.email) if "email" in wanted else None,
        "slack": _slack(alerts.slack) if "slack" in wanted else None,
    }
    text = _template(asset("alertmanager", "alertmanager.yml.j2")).render(
        templates=f"{glob.escape(str(templates))}/*.tmpl",
        severities=alerts.severity_levels,
        **channels,
    )
    _refuse_missing_templates(text, base / templates)
    return Rendered(
        text,
        tuple(
            f"alerts.channels names {name}, but alerts.{name} is not set up: nothing is sent there"
            for name in dict.fromkeys(wanted)
            if channels[name] is None
        ),
    )


def _template(path: Path) -> jinja2.Template:
    environment = jinja2.Environment(  # noqa: S701 - YAML, not HTML: finalize quotes every value
        # jinja2's own delimiters are those of Prometheus and Alertmanager.
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        finalize=_yaml_scalar,
    )
    return environment.from_string(path.read_text())


def _yaml_scalar(value: str | bool) -> str:
    """A value as YAML on one line that means just this value, whatever is in it."""
    if isinstance(value, bool):
        return str(value).lower()
    return yaml.safe_dump(value, default_style='"', width=sys.maxsize).rstrip("\n")


def _email(email: Email) -> dict[str, object] | None:
    """What the template needs; None where nothing is set up."""
    if not email.to and email.smarthost is None:
        return None
    if not email.to or email.smarthost is None:
        missing = "smarthost" if email.to else "to"
        raise UsageError(
            f"alerts.email.{missing}: not set, and no mail can be sent without it; "
            "set it, or take email out of alerts.channels"
        )
    if (email.username is None) != (email.password_file is None):
        missing = "password_file" if email.username else "username"
        raise UsageError(
            f"alerts.email.{missing}: not set, but a user and a password go together; set both or neither"
        )
    return {
        "to": _literal(", ".join(email.to)),
        "sender": _literal(email.sender),
        "smarthost": email.smarthost,
        "require_tls": email.require_tls,
        "username": email.username,
        "password_file": email.password_file and _password("alerts.email.password_file", email.password_file),
    }


def _slack(slack: Slack) -> dict[str, object] | None:
    """What the template needs; None where nothing is set up."""
    if slack.api_url_file is None:
        return None
    return {
        "api_url_file": _secret("alerts.slack.api_url_file", slack.api_url_file),
        "channel": slack.channel and _literal(slack.channel),
    }


def _literal(text: str) -> str:
    """Text that Alertmanager, which expands templates in most of its fields, takes as it is."""
    return text.replace("{{", '{{ "{{" }}')


def _secret(key: str, path: str) -> str:
    """The absolute path of a secret file that Alertmanager can use.

    Raises:
        UsageError: it is missing, empty, readable by everybody, or holds a placeholder.
    """
    file = Path(path).absolute()
    shown = printable(str(file))
    try:
        world_readable = file.stat().st_mode & stat.S_IROTH
        secret = file.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"{key}: cannot read {shown}: {error.strerror}; put the secret there") from error
    if world_readable:
        raise UsageError(f"{key}: every user can read {shown}; run chmod o-rwx on it")
    if not secret:
        raise UsageError(f"{key}: {shown} is empty; put the secret there")
    if _PLACEHOLDER.fullmatch(secret.decode(errors="replace")):
        raise UsageError(f"{key}: {shown} holds a placeholder; put the secret itself there")
    return str(file)


def _password(key: str, path: str) -> str:
    """Like :func:`_secret`, for a file whose every byte Alertmanager 0.25 takes as part of the password."""
    file = _secret(key, path)
    if Path(file).read_bytes().endswith((b"\n", b"\r")):
        raise UsageError(
            f"{key}: {printable(file)} ends with a line break, which would belong to the password; "
            "write it without, as printf %s does"
        )
    return file


def _refuse_placeholders(alerts: Alerts) -> None:
    for key, text in _texts("alerts", msgspec.to_builtins(alerts)):
        if found := _PLACEHOLDER.search(text):
            raise UsageError(
                f"{key}: Alertmanager does not expand {printable(found[0])}; "
                "write the value itself, and a secret into a file of its own"
            )


def _texts(key: str, value: object) -> Iterator[tuple[str, str]]:
    """All texts in a section, each with its key."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(f"{key}.{name}", inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _texts(f"{key}[{number}]", inner)


def _refuse_missing_templates(text: str, folder: Path) -> None:
    used = set(_USED_TEMPLATE.findall(text))
    defined = {name for file in folder.glob("*.tmpl") for name in _DEFINED_TEMPLATE.findall(file.read_text())}
    if missing := sorted(used - defined):
        raise UsageError(
            f"templates: no *.tmpl file in {printable(str(folder))} defines {', '.join(missing)}; "
            "copy Alignwatch's templates there"
        )
