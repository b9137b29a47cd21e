"""Whether each remote answers, within a deadline, without asking anybody for a password.

Only its list of refs is asked for, and nothing is fetched. It is asked from outside of the repository, whose
configuration could make git run a program, and without the user and password of its address. A server that
asks for these answers; an `ssh` that is refused is a warning, since whoever runs this cannot fetch then.
Remotes by file path, `git`, `ssh`, `http` and `https` are asked, others are left out.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, ok, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import git_settings
from alignwatch.git.command import GitError

SECONDS = 5.0
"""Each remote may take so long."""

_PROTOCOLS = ("file", "git", "http", "https", "ssh")
_USER = re.compile(r"^(https?://)[^/@]*@")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)(://|::)")
_ASKS = re.compile(
    r"could not read (Username|Password)|terminal prompts disabled|Authentication failed|\b40[13]\b"
    # A server tells those that it does not know nothing of what is closed to them.
    r"|Repository not found|repository '.*' not found",
    re.I,
)
_REFUSED = re.compile(r"Permission denied|Host key verification failed", re.I)
_ENDED = re.compile(r"^.*?: git \S+ ended with -?\d+: (fatal: )?")
_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=4"


def _run(context: Context) -> Iterator[Finding]:
    for name, url in _remotes(context).items():
        scheme = _SCHEME.match(url)
        if scheme is not None and scheme[1].lower() not in _PROTOCOLS:
            yield skipped(f"{name}: {scheme[1]} is not asked")
        else:
            yield _ask(context, name, _USER.sub(r"\1", url))


def _remotes(context: Context) -> dict[str, str]:
    return {
        key.removeprefix("remote.").removesuffix(".url"): url
        for key, url in git_settings(context)
        if key.startswith("remote.") and key.endswith(".url")
    }


def _ask(context: Context, name: str, url: str) -> Finding:
    allowed = [word for one in _PROTOCOLS for word in ("-c", f"protocol.{one}.allow=always")]
    agent = {key: context.environment[key] for key in ("SSH_AUTH_SOCK",) if key in context.environment}
    # A relative path starts at the work tree.
    place = context.path if not _SCHEME.match(url) and Path(context.path, url).exists() else Path("/")
    target = str(Path(place, url)) if place != Path("/") else url
    try:
        context.git.run(
            Path("/"),
            *allowed,
            "ls-remote",
            "--quiet",
            "--",
            target,
            deadline=SECONDS,
            environment={"GIT_SSH_COMMAND": _SSH, **agent},
        )
    except GitError as error:
        said = str(error)
        if error.reason == "timeout":
            words, remedy = (
                f"{name} did not answer within {SECONDS:g} s",
                "see whether its server can be reached",
            )
        elif _REFUSED.search(said):
            words, remedy = f"{name} refuses this user: {_reason(said)}", "give this user a key that it takes"
        elif _ASKS.search(said):
            return ok(f"{name} answers, and asks who is there")
        else:
            words, remedy = f"{name} cannot be asked: {_reason(said)}", "see whether its address is right"
        show = ("git", "-C", str(context.path), "remote", "get-url", "--", name)
        return warning(words, remedy, show, key=f"remote.{name}.url")
    return ok(f"{name} answers")


def _reason(said: str) -> str:
    return _ENDED.sub("", said)


CHECK = Check(
    id="remotes",
    summary="each remote answers within a deadline",
    well="there is no remote",
    each_repository=True,
    cheap=False,
    deadline_seconds=3 * SECONDS,
    run=_run,
)
