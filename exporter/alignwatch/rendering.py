"""``prometheus.yml`` and ``alertmanager.yml`` from the settings.

Only what has to differ by site is rendered; the rules are plain YAML that anybody can load. What
``promtool`` and ``amtool`` let through and the servers then trip over is refused here.
"""

import glob
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import jinja2
import yaml

from alignwatch.assets import asset
from alignwatch.errors import UsageError
from alignwatch.receivers import receivers_of
from alignwatch.secret_file import PLACEHOLDER
from alignwatch.settings import Alerts, Settings
from alignwatch.settings.texts import texts_of
from alignwatch.text import printable

_USED_TEMPLATE = re.compile(r'\{\{ template \\?"([^"\\]+)')
_DEFINED_TEMPLATE = re.compile(r'\{\{-? *define "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Rendered:
    """A configuration file, and what a person should know about it."""

    text: str
    warnings: tuple[str, ...]
    """One line each: what is configured to be sent and cannot be."""
    secret_files: tuple[str, ...]
    """What its server has to be able to read."""


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


def render_alertmanager(
    settings: Settings, *, templates: Path, base: Path = Path(), exporter: str | None = None
) -> Rendered:
    """The configuration of an Alertmanager that tells people by email, Slack and webhook.

    A channel that is named but not set up at all is left out with a warning; one that is set up by half
    is refused.

    Args:
        settings: who is told of what, and how.
        templates: the folder of the notification templates.
        base: the folder that a relative ``templates`` starts from, which is where Alertmanager's
            configuration file lies.
        exporter: host:port of the exporter, as Alertmanager reaches it; None for where it listens.

    Raises:
        UsageError: naming the key, for a secret file that is missing, empty or readable by everybody, a
            ``${...}`` that nobody expands, or a template that no file defines.
    """
    _refuse_placeholders(settings.alerts)
    receivers, warnings = receivers_of(settings.alerts, exporter or settings.web.reachable)
    text = _template(asset("alertmanager", "alertmanager.yml.j2")).render(
        templates=f"{glob.escape(str(templates))}/*.tmpl",
        receivers=receivers,
        grafana=_panel_links(settings.links.grafana),
    )
    _refuse_missing_templates(text, base / templates)
    secret_files = sorted(set().union(*(one.secret_files for one in receivers)))
    return Rendered(text, tuple(warnings), tuple(secret_files))


def render_provisioning(*, prometheus: str, dashboards: Path) -> dict[str, str]:
    """What makes Grafana take a data source and the dashboards by itself: path of a file -> its text.

    Args:
        prometheus: host:port, as Grafana reaches it.
        dashboards: the folder of the dashboards, absolute.
    """
    return {
        "datasources/alignwatch.yml": _provisioned("datasources", "url", f"http://{prometheus}"),
        "dashboards/alignwatch.yml": _provisioned("dashboards", "path", str(dashboards)),
    }


def _provisioned(kind: str, key: str, value: str) -> str:
    """A shipped file with another value for one of its keys; Grafana expands ``$``."""
    text = asset("grafana", "provisioning", kind, "alignwatch.yml").read_text()
    line = f"{key}: {_yaml_scalar(value.replace('$', '$$'))}"
    return re.sub(rf"\b{key}: .*", lambda _: line, text)


def _panel_links(grafana: str | None) -> str:
    """What makes the links of messages lead to Grafana: definitions that come before those of the files.

    Args:
        grafana: its address, or that of a dashboard there; None for Prometheus' own graphs.
    """
    if grafana is None:
        return ""
    base = json.dumps(re.sub(r"(/d/.*|/)$", "", grafana), ensure_ascii=False)
    to_panel = '{{ template "alignwatch.panel" . }}{{ end }}'
    return (
        f'{{{{ define "alignwatch.grafana" }}}}{{{{ {base} }}}}{{{{ end }}}}'
        f'{{{{ define "alignwatch.dashboard" }}}}{to_panel}'
        f'{{{{ define "alignwatch.slack.dashboard" }}}}{to_panel}'
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


def _yaml_scalar(value: str | int | bool) -> str:
    """A value as YAML on one line that means just this value, whatever is in it."""
    if isinstance(value, int):
        return str(value).lower()
    return yaml.safe_dump(value, default_style='"', width=sys.maxsize).rstrip("\n")


def _refuse_placeholders(alerts: Alerts) -> None:
    for key, text in texts_of(alerts, "alerts"):
        if found := PLACEHOLDER.search(text):
            raise UsageError(
                f"{key}: Alertmanager does not expand {printable(found[0])}; "
                "write the value itself, and a secret into a file of its own"
            )


def _refuse_missing_templates(text: str, folder: Path) -> None:
    used = set(_USED_TEMPLATE.findall(text))
    defined = {name for file in folder.glob("*.tmpl") for name in _DEFINED_TEMPLATE.findall(file.read_text())}
    if missing := sorted(used - defined):
        raise UsageError(
            f"templates: no *.tmpl file in {printable(str(folder))} defines {', '.join(missing)}; "
            "copy Alignwatch's templates there"
        )
