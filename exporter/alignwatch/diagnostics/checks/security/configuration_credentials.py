"""Secrets in Alignwatch's own configuration.

They belong into files of their own (`url_file`, `token_file`, `password_file`), since a configuration is
copied, shown and kept in version control. Each text of the file is looked at; what was found is not shown.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.secrets import secret_in
from alignwatch.settings.texts import texts_of

_HEADERS = ("authorization", "x-api-key", "private-token", "x-auth-token")


def _run(context: Context) -> Iterator[Finding]:
    for key, text in texts_of(context.settings):
        kind = "a secret" if key.lower().endswith(_HEADERS) else secret_in(text)
        if kind is not None:
            file = {} if context.config is None else {"file": str(context.config)}
            yield warning(f"it holds {kind}", "put it into a file of its own, and name that", key=key, **file)


CHECK = Check(
    id="configuration-credentials",
    summary="the configuration holds no secret",
    well="the configuration holds no secret",
    run=_run,
)
