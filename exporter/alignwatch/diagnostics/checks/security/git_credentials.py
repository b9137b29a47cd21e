"""Secrets elsewhere in git's configuration.

Headers with tokens (`http.extraHeader`, as build systems leave them), passwords of proxies and of mail, and
credentials that `credential.helper store` keeps in a file that others may read.
"""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import git_settings
from alignwatch.diagnostics.secrets import secret_in

_KEYS = re.compile(r"^(sendemail\..*smtppass|.*\.(password|token|apikey|secret))$")
_ADDRESSES = (".url", ".pushurl", ".insteadof", ".pushinsteadof")


def _run(context: Context) -> Iterator[Finding]:
    show = ("git", "-C", str(context.path), "config", "--show-origin", "--name-only", "--list")
    for name, value in git_settings(context):
        if name.endswith(_ADDRESSES):
            continue
        kind = "a secret" if _KEYS.match(name) and value else secret_in(value)
        if kind is not None:
            yield warning(
                f"{name} holds {kind}",
                "take it out, have a credential helper keep it, and withdraw it where it was issued",
                show,
                key=name,
            )
    for name, value in git_settings(context):
        if name.startswith("credential.") and name.endswith("helper") and value.split()[:1] == ["store"]:
            yield from _store(context, value)


def _store(context: Context, helper: str) -> Iterator[Finding]:
    home = Path(context.environment.get("HOME", "/"))
    words = helper.split()
    named = words[words.index("--file") + 1 :][:1] if "--file" in words else []
    named += [word.removeprefix("--file=") for word in words if word.startswith("--file=")]
    file = Path(named[0].replace("~", str(home), 1)) if named else home / ".git-credentials"
    if file.exists() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning(
            f"{file} holds credentials, and others may read it",
            "close it to others",
            ("chmod", "go-rwx", str(file)),
            file=str(file),
        )


CHECK = Check(
    id="git-credentials",
    summary="git's configuration holds no secret",
    well="git's configuration holds no secret",
    each_repository=True,
    run=_run,
)
