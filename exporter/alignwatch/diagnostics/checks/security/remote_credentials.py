"""Passwords and tokens in the addresses of remotes.

They stand in a file that every copy of the repository has, in the process table while git fetches, and in
what git prints. Names of users alone are no secret. What was found is not shown; the address is, without it.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import git_settings
from alignwatch.diagnostics.secrets import HIDDEN, secret_in, without_secrets

_ENDS = (".url", ".pushurl", ".insteadof", ".pushinsteadof")


def _run(context: Context) -> Iterator[Finding]:
    for name, value in git_settings(context):
        if not name.startswith(("remote.", "url.", "submodule.")) or not name.endswith(_ENDS):
            continue
        # The base of url.<base>.insteadOf stands in the name.
        kind = secret_in(value) or secret_in(name)
        if kind is None:
            continue
        shown, remote = without_secrets(value), name.removeprefix("remote.").rpartition(".")[0]
        bare = shown.replace(f"{HIDDEN}@", "")
        # Where more than a user is hidden, what is left is no address.
        commands = (
            (("git", "-C", str(context.path), "remote", "set-url", "--", remote, bare),)
            if name.startswith("remote.") and name.endswith(".url") and HIDDEN not in bare
            else ()
        )
        yield warning(
            f"{without_secrets(name)} holds {kind}: {shown}",
            "take it out, have a credential helper keep it, and withdraw it where it was issued",
            *commands,
            key=without_secrets(name),
        )


CHECK = Check(
    id="remote-credentials",
    summary="no remote's address holds a secret",
    well="no remote's address holds a secret",
    each_repository=True,
    run=_run,
)
