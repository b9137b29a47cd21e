"""The files that hold secrets: each has to be there, readable for us, for few others, and whole.

Unreadable, empty, readable by every user, or with a `${...}` in it that nobody replaces: what needs the
secret then fails when it is needed. What it holds is never shown.
"""

from collections.abc import Iterator
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, critical
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.status import Status
from alignwatch.errors import UsageError
from alignwatch.secret_file import read_secret
from alignwatch.settings import Settings
from alignwatch.text import printable


def _run(context: Context) -> Iterator[Finding]:
    for key, path in secret_files(context.settings):
        try:
            read_secret(key, path)
        except UsageError as error:
            # A secret in place of its file's name is a common slip: the name is shown only if a file has it.
            is_there = Path(path).exists()
            said = str(error).removeprefix(f"{key}: ")
            seen, _, remedy = said.replace(printable(path), path if is_there else "the file").partition("; ")
            commands = (("chmod", "o-rwx", path),) if "every user" in seen else ()
            file = {"file": path} if is_there else {}
            yield critical(seen, remedy, *commands, key=key, **file)


def secret_files(settings: Settings) -> Iterator[tuple[str, str]]:
    """Key and path of each file that holds a secret."""
    alerts, report = settings.alerts, settings.report
    named = {
        "alerts.email.password_file": alerts.email.password_file,
        "alerts.slack.api_url_file": alerts.slack.api_url_file,
        "alerts.escalation.slack.api_url_file": alerts.escalation.slack.api_url_file,
        "alerts.audit.token_file": alerts.audit.token_file,
    }
    for name, hook in (("webhook", alerts.webhook), ("dead_mans_switch", alerts.dead_mans_switch)):
        named |= {f"alerts.{name}.url_file": hook.url_file, f"alerts.{name}.token_file": hook.token_file}
    for name, server in (
        ("prometheus", report.prometheus),
        ("alertmanager", report.alertmanager),
        ("exporter", report.exporter),
    ):
        named |= {
            f"report.{name}.password_file": server.password_file,
            f"report.{name}.bearer_token_file": server.bearer_token_file,
        }
    return ((key, str(Path(path).absolute())) for key, path in named.items() if path is not None)


CHECK = Check(
    id="secret-files",
    summary="each secret file can be used, and only by those who may",
    well="each secret file can be used",
    reaches=Status.CRITICAL,
    run=_run,
)
