"""Secrets in the environment.

Whatever is run from here inherits them: hooks, commands that maintenance runs, alignments that are tracked.
Found are values that look like a token, a private key or an address with a password, whatever the variable
is called. The value is never shown.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.secrets import secret_in


def _run(context: Context) -> Iterator[Finding]:
    for name, value in sorted(context.environment.items()):
        kind = secret_in(value)
        if kind is not None:
            yield warning(
                f"the variable {name} holds {kind}",
                "start what needs it with it, and nothing else",
                ("unset", name),
                key=name,
            )


CHECK = Check(
    id="environment-credentials",
    summary="the environment holds no secret",
    well="the environment holds no secret",
    run=_run,
)
