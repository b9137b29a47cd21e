"""Faults on the way from git to people; Prometheus and Alertmanager are real."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from alignwatch import __version__
from alignwatch.assets import asset
from alignwatch.diagnostics.status import Status
from alignwatch.git.command import Git
from alignwatch.rendering import render_alertmanager
from alignwatch.state_dir import trace_folder
from alignwatch.tracking.trace.installation import Installation, Scope
from support import servers
from support.doctor import Case, World, all_of, sets
from support.notifications import reachable_settings
from support.receivers import mail_server, slack_webhook
from support.servers import get_json
from support.serving import content_with, running
from support.waiting import wait_until

W, C, OK, S = Status.WARNING, Status.CRITICAL, Status.OK, Status.SKIPPED
_PAGE, _SERIES, _TARGET, _RULES = (
    "metrics-page",
    "metrics-cardinality",
    "prometheus-target",
    "prometheus-rules",
)
_ROUTES, _ARRIVES, _DASHBOARDS, _TRACE = "alertmanager-routes", "alert-arrives", "dashboards", "trace-target"
_CHECKS = "diagnostics.checks.monitoring"


def page(**changes: float | str) -> str:
    """What an exporter's page says of itself."""
    values: dict[str, float | str] = {
        "alignment_snapshot_timestamp_seconds": time.time(),
        "alignment_config_last_reload_successful": 1,
        "alignment_journal_success": 1,
        "process_open_fds": 20,
        "process_max_fds": 1024,
        'alignment_probe_success{probe="repository",repository="app"}': 1,
        "version": __version__,
        **changes,
    }
    version = values.pop("version")
    lines = [
        f'alignment_build_info{{version="{version}"}} 1',
        *(f"{name} {value}" for name, value in values.items()),
    ]
    return "\n".join([*lines, ""])


def _answers(text: str | Callable[[], str]) -> Callable[[World], object]:
    """An exporter that is where it should be, with this page."""

    def do(one: World) -> None:
        one.configure()
        said = text if isinstance(text, str) else text()
        site = one.ends.enter_context(running(content_with(said.encode())))
        one.set("report.exporter.url", site.addresses[0])

    return do


def _exporter(**changes: float | str) -> Callable[[World], object]:
    return _answers(lambda: page(**changes))


def _made_ago(seconds: float) -> Callable[[World], object]:
    return _answers(lambda: page(alignment_snapshot_timestamp_seconds=time.time() - seconds))


def _asks_for_a_password(one: World) -> None:
    one.configure()
    users = one.write("web.yml", "basic_auth_users: {a: $2b$04$" + "." * 21 + "e" + "." * 31 + "}\n")
    web = one.settings.web.__class__(listen_addresses=("127.0.0.1:0",), config_file=str(users))
    site = one.ends.enter_context(running(content_with(b"up 1\n"), web))
    one.set("report.exporter.url", site.addresses[0])


def _nowhere(key: str) -> Callable[[World], object]:
    return lambda one: one.set(key, f"http://127.0.0.1:{servers.free_port()}")


def _nobody_at_the_usual_address(one: World) -> None:
    one.patch("diagnostics.servers.DEFAULT_PROMETHEUS", f"http://127.0.0.1:{servers.free_port()}")


def _prometheus(text: str) -> Callable[[World], object]:
    """A real one with this configuration, in which ``FOLDER`` is the world's."""

    def do(one: World) -> None:
        config = text.replace("FOLDER", str(one.folder))
        one.set("report.prometheus.url", one.servers.prometheus(config, one.ends))

    return do


def _scraping(name: str, health: str | None = None) -> Callable[[World], object]:
    """A real one out of :data:`_SCRAPING`, once its targets are up or down."""

    def do(one: World) -> None:
        server = one.servers.scraping(_SCRAPING)[name]
        one.set("report.prometheus.url", server)
        wait_until(lambda: bool(_health(server)) and health in (None, *_health(server)), "targets")
        if _ALERTING in _SCRAPING[name]:
            wait_until(lambda: bool(_alertmanagers(server)), "an Alertmanager")

    return do


def _health(server: str) -> set[str]:
    return {one["health"] for one in get_json(f"{server}/api/v1/targets")["data"]["activeTargets"]}


def _alertmanagers(server: str) -> list[object]:
    found: list[object] = get_json(f"{server}/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
    return found


def _job(name: str = "alignwatch", interval: str = "5s", path: str = "metrics") -> str:
    # As long as it may be: who answers is a thread of this process.
    return (
        f"scrape_configs: [{{job_name: {name}, scrape_interval: {interval}, scrape_timeout: 5s, "
        f"metrics_path: /{path}, static_configs: [{{targets: ['TARGET']}}]}}]\n"
    )


_ALERTING = "alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:9']}]}]}\n"
_SCRAPING = {
    "well": _job() + _ALERTING,
    "another job": _job("other") + _ALERTING,
    "refused": _job(path="nowhere") + _ALERTING,
    "seldom": _job(interval="5m") + _ALERTING,
    "nobody is told": _job(),
}


def _ahead_of_us(one: World) -> None:
    real = time.time
    one.patch(f"{_CHECKS}.prometheus_target.time", SimpleNamespace(time=lambda: real() - 100))


def _rules(change: Callable[[Path], object] = lambda folder: None) -> Callable[[World], object]:
    """A Prometheus with a copy of the rules in which something is changed."""

    def do(one: World) -> None:
        shutil.copytree(asset("rules"), one.folder / "rules")
        change(one.folder / "rules")
        _prometheus("rule_files: ['FOLDER/rules/*.yml']\n")(one)

    return do


def _other_version(folder: Path) -> None:
    file = folder / "meta.yml"
    version = (folder / "VERSION").read_text().strip()
    file.write_text(file.read_text().replace(f"version: {version}", "version: 0.0.1"))


def _a_rule_that_fails(folder: Path) -> None:
    file = folder / "journal.yml"
    failing = "label_replace(vector(1), `no label`, `x`, ``, ``)"
    file.write_text(
        file.read_text().replace(
            "expr: last_over_time(alignment_journal_success[10m]) == 0", f"expr: {failing}"
        )
    )


def _has_failed(one: World) -> None:
    def failed() -> bool:
        groups = get_json(f"{one.settings.report.prometheus.url}/api/v1/rules")["data"]["groups"]
        return any(rule["health"] == "err" for group in groups for rule in group["rules"])

    wait_until(failed, "a rule that fails")


def _alertmanager(config: str) -> Callable[[World], object]:
    def do(one: World) -> None:
        one.set("report.alertmanager.url", one.servers.alertmanager(config))

    return do


def _as_rendered(one: World) -> None:
    settings = reachable_settings(one.folder)
    _alertmanager(render_alertmanager(settings, templates=asset("alertmanager", "templates")).text)(one)


def _reaches(mail: str, slack: str) -> Callable[[World], object]:
    """An Alertmanager as it is rendered, for these far ends, and settings that say the same."""

    def do(one: World) -> None:
        settings = reachable_settings(one.folder, smarthost=mail, webhook=slack)
        config = render_alertmanager(settings, templates=asset("alertmanager", "templates")).text
        _alertmanager(config)(one)
        one.set("alerts.channels", ["email", "slack"])

    return do


def _all_arrives(one: World) -> None:
    mail, slack = one.ends.enter_context(mail_server()), one.ends.enter_context(slack_webhook())
    _reaches(mail.address, slack.url)(one)


def _mail_is_refused(one: World) -> None:
    mail = one.ends.enter_context(mail_server(refusal="550 no such user"))
    slack = one.ends.enter_context(slack_webhook())
    _reaches(mail.address, slack.url)(one)


def _dashboard(expression: str) -> Callable[[World], object]:
    text = json.dumps({"panels": [{"targets": [{"expr": expression}]}]})
    return lambda one: _dashboards_in(one, one.write("dashboards/x.json", text).parent)


def _dashboards_in(one: World, folder: Path) -> None:
    one.patch(f"{_CHECKS}.dashboards.folder", lambda: folder)


def _traced(one: World) -> Installation:
    folder = trace_folder(one.state)
    installation = Installation(Git(environment=one.environment), folder)
    installation.install(Scope.GLOBAL)
    return installation


def _installed(*after: Callable[[World], object]) -> Callable[[World], object]:
    return all_of(_traced, *after)


def _another_target(one: World) -> None:
    trace_folder(one.state).mkdir()
    one.write("home/.gitconfig", f"[trace2]\n\teventTarget = {one.folder}/other\n")


def _overshadowed(one: World) -> None:
    """Ours is the machine's, and the user's own comes after it."""
    trace_folder(one.state).mkdir()
    system = one.write("system", f"[trace2]\n\teventTarget = {trace_folder(one.state)}/\n")
    one.environment["GIT_CONFIG_SYSTEM"] = str(system)
    one.write("home/.gitconfig", f"[trace2]\n\teventTarget = {one.folder}/other\n")


def _note(name: str) -> Callable[[World], object]:
    return lambda one: one.write(trace_folder(one.state) / name, "{}\n")


_PATIENCE = f"{_CHECKS}.alert_arrives._PATIENCE"
_LATER = "{receiver: mail, group_wait: 1h, matchers: ['alignwatch_test=\"email\"']}"
_SMTP = "{to: a@example.invalid, from: b@example.invalid, smarthost: '127.0.0.1:9'}"
_MAIL = f"{{name: mail, email_configs: [{_SMTP}]}}"
_SLOW = f"route: {{receiver: nobody, routes: [{_LATER}]}}\nreceivers: [{{name: nobody}}, {_MAIL}]\n"
_OWN_RULES = "groups: [{name: own, rules: [{record: x, expr: '1'}]}]"
_NOBODY = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
_HOOK = "{name: hook, webhook_configs: [{url: 'http://127.0.0.1:9/'}]}"


def _routes(*routes: str) -> str:
    tree = f"{{receiver: nobody, routes: [{', '.join(routes)}]}}"
    return f"route: {tree}\nreceivers: [{{name: nobody}}, {_HOOK}]\n"


CASES = (
    Case(
        _PAGE,
        "nobody answers",
        all_of(World.configure, _nowhere("report.exporter.url")),
        C,
        "cannot be reached",
    ),
    Case(_PAGE, "something else answers", _answers("# TYPE up gauge\nup 1\n"), C, "is not the exporter"),
    Case(_PAGE, "a page that cannot be read", _answers("<html>404 {"), C, "cannot read"),
    Case(
        _PAGE,
        "a page of ten minutes ago",
        _made_ago(600),
        C,
        "ago",
    ),
    Case(_PAGE, "an exporter of another version", _exporter(version="0.0.1"), W, "0.0.1"),
    Case(
        _PAGE,
        "it has refused its configuration",
        _exporter(alignment_config_last_reload_successful=0),
        W,
        "refused",
    ),
    Case(_PAGE, "it cannot read the journal", _exporter(alignment_journal_success=0), C, "journal"),
    Case(_PAGE, "nearly all files are open", _exporter(process_open_fds=1000), W, "1000 files open"),
    Case(
        _PAGE,
        "it does not watch a repository",
        all_of(_exporter(), sets({"repositories.0.name": "other"})),
        W,
        "does not watch other",
    ),
    Case(_PAGE, "all is well", _exporter(), OK, "s ago"),
    Case(_PAGE, "a page of a minute ago", _made_ago(60), OK),
    Case(_PAGE, "it asks for a password", _asks_for_a_password, S, "401"),
    Case(
        _PAGE, "nobody answers, and nobody has set one up", sets({"web.listen_addresses": ["127.0.0.1:9"]}), S
    ),
    Case(
        _SERIES,
        "30,000 series",
        _answers("".join(f'x{{a="{n}"}} 1\n' for n in range(30_000))),
        W,
        "30000 series",
    ),
    Case(
        _SERIES,
        "9,000 series",
        _answers("".join(f'x{{a="{n}"}} 1\n' for n in range(9_000))),
        OK,
        "9000 series",
    ),
    Case(_SERIES, "no page", sets({"web.listen_addresses": ["127.0.0.1:9"]}), S),
    Case(_TARGET, "no job of this name", _scraping("another job", "up"), C, "no target"),
    Case(_TARGET, "the exporter does not answer", _scraping("refused", "down"), C, "cannot scrape"),
    Case(_TARGET, "a scrape every five minutes", _scraping("seldom"), W, "every 5m"),
    Case(_TARGET, "no Alertmanager", _scraping("nobody is told", "up"), C, "no Alertmanager"),
    Case(_TARGET, "its clock goes ahead", all_of(_scraping("well", "up"), _ahead_of_us), W, "ahead of"),
    Case(_TARGET, "it does not answer", _nowhere("report.prometheus.url"), C, "cannot be reached"),
    Case(_TARGET, "it scrapes the exporter", _scraping("well", "up"), OK, "Prometheus scrapes"),
    Case(_TARGET, "nobody has said that there is one", _nobody_at_the_usual_address, S),
    Case(_RULES, "it has none of the rules", _prometheus(""), C, "none of the rules"),
    Case(
        _RULES,
        "it lacks a file",
        _rules(lambda folder: (folder / "drift.yml").unlink()),
        W,
        "alignwatch-drift",
    ),
    Case(_RULES, "the rules are of another version", _rules(_other_version), W, "0.0.1"),
    Case(
        _RULES,
        "a rule fails",
        all_of(_rules(_a_rule_that_fails), _has_failed),
        W,
        "AlignmentJournalUnreadable fails",
    ),
    Case(_RULES, "all of them", _rules(), OK, "has the rules"),
    Case(
        _RULES,
        "all of them, and somebody's own",
        _rules(lambda folder: (folder / "z.yml").write_text(_OWN_RULES)),
        OK,
    ),
    Case(_RULES, "nobody has said that there is a Prometheus", _nobody_at_the_usual_address, S),
    Case(
        _ROUTES,
        "it tells nobody",
        all_of(World.configure, _alertmanager(_NOBODY)),
        C,
        "nobody of info and warning and critical",
    ),
    Case(
        _ROUTES,
        "it tells nobody, and nobody has set anything up",
        _alertmanager(_NOBODY),
        S,
        "nobody has set",
    ),
    Case(
        _ROUTES,
        "it tells of warnings only",
        _alertmanager(_routes("{receiver: hook, matchers: ['severity=~\"info|warning\"']}")),
        C,
        "nobody of critical",
    ),
    Case(
        _ROUTES,
        "it tells of critical alerts only",
        _alertmanager(_routes("{receiver: hook, matchers: ['severity=\"critical\"']}")),
        W,
        "nobody of info and warning",
    ),
    Case(
        _ROUTES,
        "a route before ours swallows everything",
        all_of(
            World.configure,
            _alertmanager(
                _routes("{receiver: nobody, matchers: ['job=\"alignwatch\"']}", "{receiver: hook}")
            ),
        ),
        C,
    ),
    Case(_ROUTES, "it does not answer", _nowhere("report.alertmanager.url"), C, "cannot be reached"),
    Case(_ROUTES, "as it is rendered", _as_rendered, OK, "is told"),
    Case(
        _ROUTES,
        "routes in the old way, one in another",
        _alertmanager(
            _routes("{match: {job: alignwatch}, routes: [{receiver: hook, match_re: {severity: '.+'}}]}")
        ),
        OK,
    ),
    Case(
        _ROUTES,
        "a route goes on to the next",
        _alertmanager(_routes("{receiver: nobody, continue: true}", "{receiver: hook}")),
        OK,
    ),
    Case(
        _ROUTES,
        "nobody is told of info, and nobody wants to be",
        all_of(
            _alertmanager(_routes("{receiver: hook, matchers: ['severity!=\"info\"']}")),
            sets({"alerts.severity_levels": ["warning", "critical"]}),
        ),
        OK,
    ),
    Case(_ROUTES, "alerts are off", all_of(_alertmanager(_NOBODY), sets({"alerts.enabled": False})), S),
    Case(
        _ARRIVES, "Alertmanager does not answer", _nowhere("report.alertmanager.url"), C, "cannot be reached"
    ),
    Case(
        _ARRIVES,
        "nothing is sent for long",
        all_of(
            _alertmanager(_SLOW), sets({"alerts.channels": ["email"]}), lambda one: one.patch(_PATIENCE, 0.2)
        ),
        W,
        "sent nothing",
    ),
    Case(_ARRIVES, "no route for tests", _alertmanager(_NOBODY), C, "no route"),
    Case(_ARRIVES, "the mail server refuses", _mail_is_refused, C, "could not deliver"),
    Case(_ARRIVES, "mail and Slack take it", _all_arrives, OK, "delivered it to Slack"),
    Case(_ARRIVES, "alerts are off", all_of(_alertmanager(_NOBODY), sets({"alerts.enabled": False})), S),
    Case(
        _DASHBOARDS,
        "a metric that nothing publishes",
        _dashboard("rate(alignment_gone_total[5m])"),
        W,
        "alignment_gone",
    ),
    Case(
        _DASHBOARDS,
        "a recording rule that is gone",
        _dashboard("instance:alignment_gone:ratio"),
        W,
        "gone:ratio",
    ),
    Case(
        _DASHBOARDS,
        "metrics and rules that are there",
        _dashboard("alignment_build_info + instance:alignment_host_memory_used:ratio"),
        OK,
    ),
    Case(_DASHBOARDS, "a histogram's parts", _dashboard("alignment_operation_duration_seconds_bucket"), OK),
    Case(_DASHBOARDS, "a label's value that looks like a metric", _dashboard('up{job="alignment_gone"}'), OK),
    Case(
        _DASHBOARDS,
        "no dashboard",
        lambda one: _dashboards_in(one, one.folder / "none"),
        S,
    ),
    Case(_TRACE, "somebody else's target", _another_target, W, "and not Alignwatch"),
    Case(_TRACE, "another target after ours", _overshadowed, C, "comes after"),
    Case(
        _TRACE,
        "the folder is gone",
        _installed(lambda one: trace_folder(one.state).rmdir()),
        C,
        "cannot write",
    ),
    Case(_TRACE, "too many notes", _installed(_note("git-trace2-discard")), C, "left commands out"),
    Case(
        _TRACE,
        "many notes wait",
        _installed(
            _note("20260112T020000.000000Z-H00000000-P00000001"),
            lambda one: one.patch(f"{_CHECKS}.trace_target._MANY", 0),
        ),
        W,
        "wait to be read",
    ),
    Case(
        _TRACE,
        "git is told elsewhere by its environment",
        _installed(lambda one: one.program("git", 'GIT_TRACE2_EVENT=0 exec /usr/bin/git "$@"')),
        C,
        "do not arrive",
    ),
    Case(_TRACE, "installed", _installed(), OK, "tells of its commands"),
    Case(_TRACE, "not installed", lambda one: None, S),
    Case(
        _TRACE,
        "somebody else's target, and ours was never there",
        lambda one: one.write("home/.gitconfig", "[trace2]\n\teventTarget = 2\n"),
        S,
    ),
)
