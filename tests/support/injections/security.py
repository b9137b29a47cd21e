"""What others could read, change or reach.

Secrets are put together here, so that no tool takes them for real ones.
"""

import stat
from collections.abc import Callable
from pathlib import Path

from alignwatch.diagnostics.status import Status
from support.doctor import Case, World, all_of, sets

W, C, OK, S = Status.WARNING, Status.CRITICAL, Status.OK, Status.SKIPPED
_REMOTE, _GIT, _ENVIRONMENT, _CONFIGURATION = (
    "remote-credentials",
    "git-credentials",
    "environment-credentials",
    "configuration-credentials",
)
_RIGHTS, _EXPOSED = "permissions", "exposure"

GITHUB = "gh" + "p_" + "a1B2" * 9
GITLAB = "glp" + "at-" + "a1B2" * 5
AWS = "AK" + "IA" + "Z7" * 8
SLACK = "https://hooks.slack" + ".com/services/T0/B0/" + "x9" * 12
JWT = "ey" + "JhbGciOiJI.ey" + "JzdWIiOiIx.c2lnbmF0dXJl"
KEY = "-----BEGIN OPENSSH PRIVATE" + " KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE" + " KEY-----"
PASSWORD = "open" + "sesame"
SECRETS = (GITHUB, GITLAB, AWS, "x9" * 12, JWT, "b3BlbnNzaC1rZXk", PASSWORD)
"""None of them is ever shown."""


def _url(url: str, key: str = "remote.origin.url") -> Callable[[World], object]:
    return lambda one: one.git("config", key, url)


def _git(key: str, value: str) -> Callable[[World], object]:
    return lambda one: one.git("config", key, value)


def _users_git(text: str) -> Callable[[World], object]:
    return lambda one: one.write("home/.gitconfig", text)


def _has(name: str, value: str) -> Callable[[World], object]:
    return lambda one: one.environment.update({name: value})


def _mode(path: Callable[[World], Path], mode: int) -> Callable[[World], object]:
    return lambda one: path(one).chmod(mode)


def _file_mode(path: Callable[[World], Path], mode: int) -> Callable[[World], object]:
    def do(one: World) -> None:
        one.recorded()
        path(one).touch()
        path(one).chmod(mode)

    return do


def _state(one: World) -> Path:
    return one.state


def _journal(one: World) -> Path:
    return one.journal


def _log(one: World) -> Path:
    return Path(f"{one.journal}-wal")


def _config(one: World) -> Path:
    assert one.config is not None
    return one.config


def _config_folder(one: World) -> Path:
    return one.folder


def _listen(*addresses: str, config: str | None = None) -> Callable[[World], object]:
    return sets({"web.listen_addresses": list(addresses), "web.config_file": config})


_STORE = "[credential]\n\thelper = store\n"

CASES = (
    Case(
        _REMOTE,
        "user and password",
        _url(f"https://alice:{PASSWORD}@host.example/app.git"),
        W,
        "https://***@host",
    ),
    Case(
        _REMOTE, "a token as password", _url(f"https://oauth2:{GITLAB}@host.example/app.git"), W, "***@host"
    ),
    Case(_REMOTE, "a token as user", _url(f"https://{GITHUB}@host.example/app.git"), W, "GitHub"),
    Case(
        _REMOTE,
        "in the address to push to",
        _url(f"https://a:{PASSWORD}@h/x", "remote.origin.pushurl"),
        W,
        "pushurl",
    ),
    Case(
        _REMOTE,
        "in what addresses are replaced by",
        _url("gh:", f"url.https://{GITHUB}@host/.insteadOf"),
        W,
        "GitHub",
    ),
    Case(
        _REMOTE, "as a parameter", _url(f"https://host/app.git?private_token={PASSWORD}"), W, "in an address"
    ),
    Case(_REMOTE, "a user's name alone", _url("https://alice@host.example/app.git"), OK),
    Case(_REMOTE, "ssh with user and port", _url("ssh://git@host.example:2222/app.git"), OK),
    Case(_REMOTE, "ssh in short", _url("git@host.example:team/app.git"), OK),
    Case(_REMOTE, "a port", _url("https://host.example:8443/app.git"), OK),
    Case(_REMOTE, "an @ in the path", _url("https://host.example/~user@team:x/app.git"), OK),
    Case(_REMOTE, "a path of files", _url("/srv/git/token/app.git"), OK),
    Case(
        _GIT,
        "a header with a token",
        _git("http.extraHeader", f"AUTHORIZATION: basic {GITHUB}"),
        W,
        "http.extraheader",
    ),
    Case(_GIT, "a password for mail", _git("sendemail.smtpPass", PASSWORD), W, "sendemail.smtppass"),
    Case(
        _GIT,
        "a proxy with a password",
        _git("http.proxy", f"http://a:{PASSWORD}@proxy:3128"),
        W,
        "http.proxy",
    ),
    Case(
        _GIT,
        "a token in the user's configuration",
        _users_git(f"[github]\n\ttoken = {PASSWORD}\n"),
        W,
        "github.token",
    ),
    Case(
        _GIT,
        "stored credentials that others may read",
        all_of(_users_git(_STORE), lambda one: one.write("home/.git-credentials", "x", 0o644)),
        W,
        "others may read it",
    ),
    Case(
        _GIT,
        "stored elsewhere, and others may read them",
        all_of(
            _users_git("[credential]\n\thelper = store --file ~/kept\n"),
            lambda one: one.write("home/kept", "x", 0o640),
        ),
        W,
        "home/kept",
    ),
    Case(
        _GIT,
        "stored credentials that are closed to others",
        all_of(_users_git(_STORE), lambda one: one.write("home/.git-credentials", "x", 0o600)),
        OK,
    ),
    Case(_GIT, "credentials are asked of a helper", _git("credential.helper", "cache --timeout=300"), OK),
    Case(_GIT, "a header without a secret", _git("http.extraHeader", "X-Trace: 1"), OK),
    Case(_GIT, "the id of a key to sign with", _git("user.signingKey", "0123456789ABCDEF"), OK),
    Case(_ENVIRONMENT, "a token of GitHub", _has("GITHUB_TOKEN", GITHUB), W, "GITHUB_TOKEN"),
    Case(_ENVIRONMENT, "a token under a harmless name", _has("CI_X", GITLAB), W, "GitLab"),
    Case(_ENVIRONMENT, "a key of AWS", _has("AWS_ACCESS_KEY_ID", AWS), W, "AWS"),
    Case(
        _ENVIRONMENT, "a database with a password", _has("DATABASE_URL", f"postgres://a:{PASSWORD}@db/x"), W
    ),
    Case(_ENVIRONMENT, "a private key", _has("DEPLOY_KEY", KEY), W, "private key"),
    Case(_ENVIRONMENT, "a JSON web token", _has("ID", JWT), W, "JSON web token"),
    Case(_ENVIRONMENT, "a webhook of Slack", _has("HOOK", SLACK), W, "Slack"),
    Case(_ENVIRONMENT, "a database without a password", _has("DATABASE_URL", "postgres://alice@db/x"), OK),
    Case(
        _ENVIRONMENT,
        "a variable called token that holds a file",
        _has("TOKEN_FILE", "/run/secrets/token"),
        OK,
    ),
    Case(_ENVIRONMENT, "the id of a commit", _has("COMMIT", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"), OK),
    Case(_ENVIRONMENT, "a branch with a hyphen", _has("BRANCH", "task-sk-learn-upgrade-of-everything"), OK),
    Case(_ENVIRONMENT, "an agent's socket", _has("SSH_AUTH_SOCK", "/tmp/ssh-X/agent.1"), OK),
    Case(_CONFIGURATION, "a webhook of Slack", sets({"alerts.webhook.url": SLACK}), W, "Slack"),
    Case(
        _CONFIGURATION,
        "a header that lets in",
        sets({"report.prometheus.headers": {"Authorization": f"Bearer {PASSWORD}"}}),
        W,
        "a secret",
    ),
    Case(
        _CONFIGURATION,
        "a token in an address",
        sets({"report.alertmanager.url": f"https://h/?token={PASSWORD}"}),
        W,
    ),
    Case(
        _CONFIGURATION,
        "the name of a secret's file",
        sets({"alerts.webhook.url_file": "/etc/alignwatch/hook"}),
        OK,
    ),
    Case(
        _CONFIGURATION,
        "a tenant's header",
        sets({"report.prometheus.headers": {"X-Scope-OrgID": "team"}}),
        OK,
    ),
    Case(
        _CONFIGURATION,
        "a webhook without a secret",
        sets({"alerts.webhook.url": "https://chat.example.org/hook"}),
        OK,
    ),
    Case(
        _RIGHTS,
        "everybody may change the configuration",
        all_of(World.configure, _mode(_config, 0o666)),
        C,
        "everybody may change",
    ),
    Case(
        _RIGHTS,
        "everybody may replace the configuration",
        all_of(World.configure, _mode(_config_folder, 0o777)),
        C,
        "everybody may change",
    ),
    Case(_RIGHTS, "a group may change the state folder", _mode(_state, 0o770), W, "others may change"),
    Case(_RIGHTS, "everybody may read the journal", _file_mode(_journal, 0o644), W, "others may read"),
    Case(_RIGHTS, "everybody may read its log", _file_mode(_log, 0o604), W, "others may read"),
    Case(
        _RIGHTS,
        "a folder in which nobody can replace others' files",
        all_of(World.configure, _mode(_config_folder, 0o777 | stat.S_ISVTX)),
        OK,
    ),
    Case(_RIGHTS, "others may read the configuration", all_of(World.configure, _mode(_config, 0o644)), OK),
    Case(_RIGHTS, "others may look into the state folder", _mode(_state, 0o755), OK),
    Case(
        _RIGHTS,
        "the folder into which all users' git writes",
        lambda one: one.write("state/trace2/x").parent.chmod(0o1733),
        OK,
    ),
    Case(_EXPOSED, "all addresses", _listen("0.0.0.0:9847"), W, "0.0.0.0"),
    Case(_EXPOSED, "all addresses, in short", _listen(":9847"), W, ":9847"),
    Case(_EXPOSED, "all addresses of IPv6", _listen("[::]:9847"), W, "[::]"),
    Case(
        _EXPOSED, "loopback, and the network too", _listen("127.0.0.1:9847", "192.0.2.7:9847"), W, "192.0.2.7"
    ),
    Case(_EXPOSED, "a name", _listen("exporter.example.org:9847"), W, "example.org"),
    Case(_EXPOSED, "loopback", _listen("127.0.0.1:9847", "[::1]:9847"), OK),
    Case(_EXPOSED, "localhost", _listen("localhost:9847"), OK),
    Case(_EXPOSED, "all addresses, with TLS and users", _listen("0.0.0.0:9847", config="/etc/web.yml"), OK),
)
