"""Faults of the configuration: it can be read, and means something else than it seems."""

from collections.abc import Callable

from alignwatch.diagnostics.status import Status
from alignwatch.journal.store import Journal
from alignwatch.state_dir import journal_path
from support.doctor import Case, World, all_of, sets
from support.injections.security import PASSWORD

W, C, OK, S = Status.WARNING, Status.CRITICAL, Status.OK, Status.SKIPPED
_FILE, _THRESHOLDS, _PATTERNS, _STATE, _SECRET = (
    "configuration-file",
    "thresholds",
    "branch-patterns",
    "state-folder",
    "secret-files",
)
_QUIET = "alerts: {enabled: false}\n"
_LIMIT = "monitoring.alert_thresholds"


def _says(text: str) -> Callable[[World], object]:
    return lambda one: one.configure(text)


def _limit(name: str, value: float) -> Callable[[World], object]:
    return sets({f"{_LIMIT}.{name}": value})


def _monitoring(**values: object) -> Callable[[World], object]:
    return sets({f"monitoring.{name.replace('__', '.')}": value for name, value in values.items()})


def _repository(**values: object) -> Callable[[World], object]:
    return sets({f"repositories.0.{name}": value for name, value in values.items()})


def _targets(*patterns: str) -> Callable[[World], object]:
    return _repository(targets=[{"branches": one, "target": "main"} for one in patterns])


def _second_journal(name: str) -> Callable[[World], object]:
    def do(one: World) -> None:
        other = one.folder / name
        other.mkdir()
        with Journal(journal_path(other)) as journal:
            journal.forget_dead()
        one.environment["ALIGNWATCH_STATE_DIR"] = str(other)

    return do


def _linked_state(one: World) -> None:
    one.recorded()
    (one.folder / "link").symlink_to(one.state)
    one.environment["ALIGNWATCH_STATE_DIR"] = str(one.folder / "link")


def _state_in(name: str) -> Callable[[World], object]:
    def do(one: World) -> None:
        one.set("state_dir", str(one.folder / name))
        one.environment["ALIGNWATCH_STATE_DIR"] = str(one.folder / name)

    return do


def _passing(name: str) -> Callable[[World], object]:
    def do(one: World) -> None:
        one.patch("diagnostics.checks.configuration.state_folder.PASSING", (one.folder / name,))

    return do


def _secret(
    content: str, mode: int = 0o600, key: str = "alerts.slack.api_url_file"
) -> Callable[[World], object]:
    return lambda one: one.set(key, str(one.write("secret", content, mode)))


CASES = (
    Case(
        _FILE,
        "a secret's file is not there",
        _says("alerts: {slack: {api_url_file: gone}}"),
        W,
        "no such file",
    ),
    Case(_FILE, "a channel that is not set up", _says("alerts: {channels: [slack]}"), W, "not set up"),
    Case(
        _FILE, "a disk that is not there", _says(_QUIET + "monitoring: {disks: [gone]}"), W, "no such folder"
    ),
    Case(_FILE, "no configuration file", lambda one: None, S),
    Case(_FILE, "all that it names is there", _says(_QUIET + "monitoring: {disks: [.]}"), OK),
    Case(
        _FILE,
        "a primary that is not there, which another check tells",
        lambda one: one.configure(_QUIET, repository=", primaries: [trunk]"),
        OK,
    ),
    *(
        Case(_THRESHOLDS, f"{name} is 100", _limit(name, 100), W, "never alerts")
        for name in (
            "cpu_percent",
            "disk_critical_percent",
            "io_pressure_percent",
            "alignment_failure_percent",
        )
    ),
    Case(
        _THRESHOLDS,
        "a repository's alignment_failure_percent is 100",
        _repository(alert_thresholds={"alignment_failure_percent": 100}),
        W,
        "never alerts",
    ),
    Case(_THRESHOLDS, "a look every hour", _monitoring(health_check_interval_seconds=3600), W, "one look"),
    Case(_THRESHOLDS, "a probe may take longer than an interval", _monitoring(probe_deadline_seconds=300), W),
    Case(
        _THRESHOLDS,
        "fsck may take longer than its interval",
        _monitoring(fsck__interval_seconds=600),
        W,
        "fsck",
    ),
    Case(
        _THRESHOLDS,
        "a slice is longer than its interval",
        _monitoring(forecast__interval_seconds=5),
        W,
        "slice",
    ),
    Case(_THRESHOLDS, "cpu_percent is 99.9", _limit("cpu_percent", 99.9), OK),
    Case(_THRESHOLDS, "loose_objects is 0", _limit("loose_objects", 0), OK),
    Case(_THRESHOLDS, "a look every ten minutes", _monitoring(health_check_interval_seconds=600), OK),
    Case(_THRESHOLDS, "a probe may take a whole interval", _monitoring(probe_deadline_seconds=60), OK),
    Case(
        _THRESHOLDS,
        "a look each second, and the usual deadline",
        _monitoring(health_check_interval_seconds=1),
        OK,
    ),
    Case(_THRESHOLDS, "fsck is off", _monitoring(fsck__interval_seconds=600, fsck__enabled=False), OK),
    Case(
        _THRESHOLDS,
        "the forecast is off",
        _monitoring(forecast__interval_seconds=5, forecast__enabled=False),
        OK,
    ),
    Case(_PATTERNS, "feature/.* for feature/*", _targets("feature/.*"), W, "regular expression"),
    Case(_PATTERNS, "^backup/ for backup/*", _repository(ignore=["^backup/"]), W, "regular expression"),
    Case(
        _PATTERNS,
        "(fix|bug)/* for two patterns",
        _repository(ignore=["(fix|bug)/*"]),
        W,
        "regular expression",
    ),
    Case(_PATTERNS, "a narrow target behind a wide one", _targets("*", "feature/*"), W, "never reached"),
    Case(_PATTERNS, "the same target twice", _targets("feature/*", "feature/*"), W, "never reached"),
    Case(_PATTERNS, "a primary is ignored", _repository(ignore=["ma*"]), C, "'main' is ignored"),
    Case(_PATTERNS, "everything is ignored", _repository(ignore=["*"]), C, "'main' is ignored"),
    Case(
        _PATTERNS, "a remote that is not there", _repository(remotes=["upstream"]), W, "no remote 'upstream'"
    ),
    Case(_PATTERNS, "a wide target behind a narrow one", _targets("feature/*", "*"), OK),
    Case(_PATTERNS, "two targets that only overlap", _targets("feature-*", "*-ui"), OK),
    Case(_PATTERNS, "a dot before the star", _repository(ignore=["release-1.*"]), OK),
    Case(_PATTERNS, "brackets and question marks", _repository(ignore=["[ab]*", "v1.?", "backup/*"]), OK),
    Case(
        _PATTERNS,
        "a remote with dots in its name",
        all_of(lambda one: one.git("remote", "add", "a.b.c", "/srv/x"), _repository(remotes=["a.b.c"])),
        OK,
    ),
    Case(_STATE, "a second journal", _second_journal("other"), W, "second journal"),
    Case(_STATE, "the state folder is in the repository", _state_in("app/state"), W, "inside the repository"),
    Case(
        _STATE,
        "the state folder is where is cleaned up",
        all_of(_says(_QUIET), _passing("state")),
        W,
        "cleans up",
    ),
    Case(_STATE, "the same journal by another way", _linked_state, OK),
    Case(_STATE, "a folder that is named like the repository", _state_in("app-state"), OK),
    Case(_STATE, "tried out where is cleaned up", _passing("state"), OK),
    Case(
        _STATE,
        "a second journal, and ALIGNWATCH_CONFIG says which",
        all_of(_second_journal("other"), lambda one: one.environment.update(ALIGNWATCH_CONFIG="x")),
        OK,
    ),
    Case(
        _SECRET,
        "the file is not there",
        sets({"alerts.slack.api_url_file": "/nonexistent/x"}),
        C,
        "cannot read",
    ),
    Case(
        _SECRET,
        "the secret itself, in place of its file's name",
        sets({"alerts.slack.api_url_file": f"/etc/{PASSWORD}"}),
        C,
        "cannot read the file",
    ),
    Case(_SECRET, "the file is empty", _secret(" \n"), C, "empty"),
    Case(_SECRET, "everybody may read it", _secret("s3cret", 0o644), C, "every user"),
    Case(_SECRET, "it holds a placeholder", _secret("${SLACK_URL}"), C, "placeholder"),
    Case(_SECRET, "a folder in its place", sets({"alerts.audit.token_file": "/"}), C, "cannot read"),
    Case(
        _SECRET,
        "it is somebody else's",
        all_of(_secret("s3cret", key="report.prometheus.bearer_token_file"), World.seen_by_somebody_else),
        C,
        "cannot read",
        needs_root=True,
    ),
    Case(_SECRET, "it is closed to others", _secret("s3cret"), OK),
    Case(_SECRET, "its group may read it", _secret("s3cret", 0o640), OK),
    Case(_SECRET, "no secret is needed", lambda one: None, OK),
)
