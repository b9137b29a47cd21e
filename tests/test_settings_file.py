import re
import sys
import zoneinfo
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from alignwatch.errors import UsageError
from alignwatch.settings import Repository, Settings, Target
from alignwatch.settings_file import ConfigurationError, check_file, load_settings
from support.repositories import Commit, import_history, new_repository

BAD_CONFIGURATIONS = sorted((Path(__file__).parent / "bad_configurations").glob("*.yaml"))
CONFIG = Path(__file__).parent.parent / "config"


def written(folder: Path, text: str) -> Path:
    file = folder / "alignwatch.yaml"
    file.write_text(text)
    return file


def errors(file: Path) -> list[str]:
    return [str(fault) for fault in check_file(file) if not fault.warning]


def in_a_repository(folder: Path) -> None:
    if not (folder / ".git").exists():
        new_repository(folder)


@pytest.mark.parametrize("file", BAD_CONFIGURATIONS, ids=lambda file: file.stem)
def test_each_bad_file_is_told_exactly_what_is_wrong_with_it(file: Path) -> None:
    expected = re.findall("^# expect: (.*)$", file.read_text(), re.MULTILINE)
    expects_warnings = any(": warning: " in line for line in expected)
    found = [replace(fault, file=file.name) for fault in check_file(file)]
    assert [str(fault) for fault in found if expects_warnings or not fault.warning] == expected


@pytest.mark.parametrize("file", BAD_CONFIGURATIONS, ids=lambda file: file.stem)
def test_loading_names_the_first_fault_and_says_how_many_more(file: Path, repository: Path) -> None:
    wrong = errors(file)
    if not wrong:
        load_settings(file, repository)
        return
    with pytest.raises(ConfigurationError) as raised:
        load_settings(file, repository)
    message = str(raised.value)
    assert message.startswith(wrong[0])
    assert "\n" not in message
    assert (f"and {len(wrong) - 1} more: alignwatch config check {file}" in message) == (len(wrong) > 1)
    assert [str(fault) for fault in raised.value.faults] == wrong


class TestDefaults:
    def test_without_a_file_the_repository_of_the_working_directory_is_watched(
        self, repository: Path, tmp_path: Path
    ) -> None:
        inside = repository / "src"
        inside.mkdir()
        loaded = load_settings(None, inside)
        assert loaded.repositories == (Repository(path=str(repository), name="app"),)
        assert loaded.state_dir == str(tmp_path / "state")

    def test_its_primary_is_master_if_that_is_all_there_is(self, tmp_path: Path) -> None:
        old = new_repository(tmp_path / "old")
        import_history(old, [Commit("c")], {"master": "c"})
        assert load_settings(None, old).repositories[0].primaries == ("master",)

    def test_a_file_without_repositories_watches_it_too(self, repository: Path, tmp_path: Path) -> None:
        file = written(tmp_path, "monitoring: {log_level: DEBUG}")
        loaded = load_settings(file, repository)
        assert loaded.monitoring.log_level == "DEBUG"
        assert [one.path for one in loaded.repositories] == [str(repository)]

    @pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "\ufeffmonitoring: {}\n"])
    def test_an_empty_file_is_the_defaults(self, text: str, repository: Path, tmp_path: Path) -> None:
        assert load_settings(written(tmp_path, text), repository) == load_settings(None, repository)

    def test_outside_of_any_repository_the_remedy_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"not inside a git repository; start in one, or name it under"):
            load_settings(None, tmp_path)


class TestPaths:
    def test_relative_paths_start_at_the_folder_of_the_file(self, tmp_path: Path, repository: Path) -> None:
        folder = tmp_path / "etc"
        folder.mkdir()
        file = written(
            folder,
            """
            state_dir: state
            monitoring: {disks: [/var, ../data]}
            web: {config_file: web.yml}
            repositories: [{path: ../app}]
            """,
        )
        loaded = load_settings(file, Path("/"))
        assert loaded.state_dir == str(folder / "state")
        assert loaded.monitoring.disks == ("/var", str(tmp_path / "data"))
        assert loaded.web.config_file == str(folder / "web.yml")
        assert loaded.repositories[0].path == str(repository)

    def test_a_relative_file_counts_from_where_we_are(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written(repository, "repositories: [{path: .}]")
        monkeypatch.chdir(repository)
        assert load_settings(Path("alignwatch.yaml"), Path("/")).repositories[0].path == str(repository)

    def test_the_tilde_is_the_home_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", "/home/somebody")
        loaded = load_settings(written(tmp_path, "repositories: [{path: ~/app}]"), tmp_path)
        assert loaded.repositories[0].path == "/home/somebody/app"

    def test_a_repository_that_is_away_is_a_warning_and_does_not_stop_the_exporter(
        self, tmp_path: Path
    ) -> None:
        file = written(tmp_path, "repositories: [{path: gone}]")
        (fault,) = check_file(file)
        assert fault.warning
        assert fault.key == "repositories[0].path"
        assert load_settings(file, tmp_path).repositories[0].label == "gone"

    def test_a_secret_in_place_of_its_file_is_not_repeated(self, tmp_path: Path) -> None:
        file = written(tmp_path, "report: {prometheus: {bearer_token_file: hunter2}}")
        (fault,) = check_file(file)
        assert fault.key == "report.prometheus.bearer_token_file"
        assert "hunter2" not in str(fault)

    def test_a_password_in_an_address_is_not_repeated(self, tmp_path: Path) -> None:
        (fault,) = errors(written(tmp_path, "report: {prometheus: {url: 'https://me:hunter/2@host'}}"))
        assert "hunter" not in fault


class TestFile:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (None, "cannot be read: no such file or directory"),
            (b"\xff\xfe\x00", "is not text in UTF-8; save it as UTF-8"),
            (b"[" * 1_000, "nested or repeated without end"),
            (b"web: {max_requests: " + b"9" * 5_000 + b"}", "to YAML this is a int, but not a valid one"),
            (b"web: {max_requests: !!bool maybe}", "to YAML this is a bool, but not a valid one"),
        ],
    )
    def test_what_is_no_usable_text_is_a_fault(
        self, tmp_path: Path, content: bytes | None, message: str
    ) -> None:
        file = tmp_path / "alignwatch.yaml"
        if content is not None:
            file.write_bytes(content)
        assert message in errors(file)[0]

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        assert "cannot be read: is a directory" in errors(tmp_path)[0]

    def test_hostile_names_stay_on_one_line_and_do_not_steer_the_terminal(self, tmp_path: Path) -> None:
        file = tmp_path / "a\nb.yaml"
        file.write_text('"\\e[31m\\n": 1')
        with pytest.raises(ConfigurationError) as raised:
            load_settings(file, tmp_path)
        assert str(raised.value).isprintable()

    def test_sections_can_be_shared_by_anchors(self, tmp_path: Path) -> None:
        file = written(
            tmp_path,
            """
            repositories:
              - &usual {path: a, primaries: [main, next], ignore: ["backup/*"]}
              - {<<: *usual, path: b}
              - {<<: [{primaries: [next]}, *usual], path: c}
            """,
        )
        assert errors(file) == []
        a, b, c = load_settings(file, tmp_path).repositories
        assert (a.label, b.label, c.label) == ("a", "b", "c")
        assert (a.primaries, b.primaries, c.primaries) == (("main", "next"), ("main", "next"), ("next",))
        assert c.ignore == ("backup/*",)


class TestSpecification:
    def test_its_file_loads_as_it_stands(self, repository: Path) -> None:
        file = CONFIG / "task_021_maintenance_monitoring.yaml"
        loaded = load_settings(file, repository)
        assert errors(file) == []
        assert loaded.alerts.channels == ("email", "slack")
        assert loaded.maintenance == Settings().maintenance
        assert loaded.monitoring == Settings().monitoring

    def test_its_table_of_settings_has_its_place(self, repository: Path, tmp_path: Path) -> None:
        file = written(
            tmp_path,
            """
            health_check_interval_sec: 30
            performance_tracking: false
            alert_thresholds: {cpu_percent: 70}
            maintenance_window_start: "01:00"
            notification_channels: [slack]
            monitoring: {log_level: ERROR}
            """,
        )
        loaded = load_settings(file, repository)
        assert loaded.monitoring.health_check_interval_seconds == 30
        assert loaded.monitoring.performance_tracking is False
        assert loaded.monitoring.alert_thresholds.cpu_percent == 70
        assert loaded.monitoring.log_level == "ERROR"
        assert loaded.maintenance.window_start == "01:00"
        assert loaded.alerts.channels == ("slack",)


def test_a_machine_without_time_zones_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Neither the system's zones nor those of the tzdata package, nor what is already loaded.
    monkeypatch.setitem(sys.modules, "tzdata", None)
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
    try:
        (fault,) = errors(written(tmp_path, "maintenance: {time_zone: Europe/Berlin}"))
        assert fault.endswith("; install the time zones: apt-get install tzdata")
        assert errors(written(tmp_path, "maintenance: {enabled: true}")) == []
    finally:
        zoneinfo.reset_tzpath()


def test_a_schedule_with_an_absurd_number_is_a_fault(tmp_path: Path) -> None:
    (fault,) = errors(written(tmp_path, f"maintenance: {{schedule: '{'9' * 900} * * * *'}}"))
    assert "is no cron expression" in fault


def test_names_are_filled_in_so_that_nobody_asks_the_disk_for_them_later(tmp_path: Path) -> None:
    file = written(tmp_path, "repositories: [{path: /srv/app.git}, {path: /srv/x, name: y}]")
    assert [one.name for one in load_settings(file, tmp_path).repositories] == ["app", "y"]


def numbers(type_: inspect.Type) -> Iterator[inspect.IntType | inspect.FloatType]:
    match type_:
        case inspect.IntType() | inspect.FloatType():
            yield type_
        case inspect.Metadata(type=inner) | inspect.VarTupleType(item_type=inner):
            yield from numbers(inner)
        case inspect.UnionType(types=types) | inspect.TupleType(item_types=types):
            for one in types:
                yield from numbers(one)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from numbers(field.type)


def test_every_number_has_a_range() -> None:
    found = list(numbers(inspect.type_info(Settings)))
    assert len(found) > 20
    for number in found:
        assert number.le is not None
        assert (number.ge is None) != (number.gt is None)


def keys(type_: inspect.Type) -> set[str]:
    match type_:
        case inspect.VarTupleType(item_type=inner):
            return keys(inner)
        case inspect.StructType(fields=fields):
            return {field.name for field in fields}.union(*(keys(field.type) for field in fields))
    return set()


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.text(max_size=5)
    | st.sampled_from(["main", "02:00", "22:00", "email", "INFO", "0 2 * * *", "UTC", "[::1]:1", "${X}"])
)
documents = st.dictionaries(
    st.sampled_from(sorted(keys(inspect.type_info(Settings)))) | st.text(max_size=3),
    st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(sorted(keys(inspect.type_info(Settings)))) | st.text(max_size=3),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    max_size=5,
)
INDICATORS = "{}[]&*!|>'\"%@`:-?,# \n\tab1"
"""The characters that mean something to YAML."""
in_one_folder = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@in_one_folder
@given(document=documents)
def test_any_document_either_loads_or_is_refused_with_its_faults(
    document: dict[str, Any], tmp_path: Path
) -> None:
    file = written(tmp_path, yaml.safe_dump(document))
    wrong = errors(file)
    assert all("; " in fault and "\n" not in fault for fault in wrong)
    in_a_repository(tmp_path)
    if wrong:
        with pytest.raises(ConfigurationError):
            load_settings(file, tmp_path)
    else:
        load_settings(file, tmp_path)


@in_one_folder
@given(text=st.text(st.characters(codec="utf-8"), max_size=40) | st.text(INDICATORS, max_size=40))
def test_any_text_is_answered_with_faults_and_not_with_an_exception(text: str, tmp_path: Path) -> None:
    check_file(written(tmp_path, text))


thresholds = st.fixed_dictionaries(
    {},
    optional={
        "cpu_percent": st.floats(0.1, 100),
        "memory_percent": st.floats(0.1, 97),
        "loose_objects": st.integers(0, 10**9),
    },
)
names = st.from_regex(r"[a-zA-Z0-9/._-]{1,20}", fullmatch=True)
times_of_day = st.times().map(lambda time: time.strftime("%H:%M"))
valid_documents = st.fixed_dictionaries(
    {},
    optional={
        "monitoring": st.fixed_dictionaries(
            {},
            optional={
                "alert_thresholds": thresholds,
                "process_patterns": st.lists(names, unique=True, max_size=3),
                "log_level": st.sampled_from(["DEBUG", "INFO", "WARNING", "ERROR"]),
            },
        ),
        "maintenance": st.fixed_dictionaries(
            {"window_start": times_of_day, "window_end": st.just("04:00")}
        ).filter(lambda window: window["window_start"] != "04:00"),
        "repositories": st.lists(names, min_size=1, max_size=3, unique=True).map(
            lambda labels: [
                {"path": f"/srv/{number}", "name": label, "targets": [{"branches": label, "target": "main"}]}
                for number, label in enumerate(labels)
            ]
        ),
    },
)


@in_one_folder
@given(document=valid_documents)
def test_what_is_accepted_means_what_msgspec_takes_it_for(document: dict[str, Any], tmp_path: Path) -> None:
    file = written(tmp_path, yaml.safe_dump(document))
    assert errors(file) == []
    in_a_repository(tmp_path)
    loaded, meant = load_settings(file, tmp_path), msgspec.convert(document, Settings)
    assert loaded.monitoring == meant.monitoring
    assert loaded.maintenance == meant.maintenance
    assert not meant.repositories or loaded.repositories == meant.repositories


def test_targets_are_checked_against_the_primaries_that_are_named(tmp_path: Path) -> None:
    targets = "[{branches: n-*, target: next}]"
    file = written(tmp_path, f"repositories: [{{path: a, primaries: [main, next], targets: {targets}}}]")
    assert load_settings(file, tmp_path).repositories[0].targets == (Target(branches="n-*", target="next"),)


def test_what_is_wrong_in_a_list_does_not_hide_or_shift_what_is_wrong_behind_it(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
repositories:
  - just text
  - path: b
    targets:
      - {target: elsewhere}
      - 5
      - {branches: x, target: nowhere}
    never_merge: [[main, main], [main, 7]]
""",
    )
    no_primary = 'is not among the primaries of this repository ("main")'
    assert [fault.removeprefix(f"{file}:").split("; ")[0] for fault in errors(file)] == [
        '3: repositories[0]: expected a section with keys of its own, got "just text"',
        "6: repositories[1].targets[0].branches: required, but missing",
        f'6: repositories[1].targets[0].target: "elsewhere" {no_primary}',
        "7: repositories[1].targets[1]: expected a section with keys of its own, got 5",
        f'8: repositories[1].targets[2].target: "nowhere" {no_primary}',
        '9: repositories[1].never_merge[0][1]: "main" is listed twice',
        "9: repositories[1].never_merge[1][1]: expected text, got a whole number",
    ]


def test_headers_are_kept_as_written(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
repositories: [{path: a}]
report: {prometheus: {headers: {X-Scope-OrgID: "team", X-2: a}}}
""",
    )
    assert load_settings(file, tmp_path).report.prometheus.headers == {"X-Scope-OrgID": "team", "X-2": "a"}


def test_a_repository_overrides_the_thresholds_that_it_names(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
monitoring: {alert_thresholds: {packs: 50}}
repositories: [{path: a, alert_thresholds: {lock_age_seconds: 60}}]
""",
    )
    loaded = load_settings(file, tmp_path)
    thresholds = loaded.thresholds_of(loaded.repositories[0])
    assert (thresholds.packs, thresholds.lock_age_seconds) == (50, 60)
    assert thresholds.stuck_after_seconds == Settings().monitoring.alert_thresholds.stuck_after_seconds


def test_thresholds_of_operations_and_phases_are_named_one_by_one(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
monitoring: {alert_thresholds: {operations: {merge: 20}, phases: {validation: 90, lint: 5}}}
repositories:
  - path: a
    alert_thresholds: {alignment_time_seconds: 7, operations: {rebase: 40}, phases: {lint: 9}}
  - path: b
""",
    )
    loaded = load_settings(file, tmp_path)
    own, usual = (loaded.thresholds_of(repository) for repository in loaded.repositories)
    assert usual.operations == {
        "rebase": 600,
        "merge": 20,
        "cherry-pick": 30,
        "pull": 600,
        "am": 30,
        "revert": 30,
        "align": 1800,
    }
    assert own.operations == usual.operations | {"rebase": 40, "cherry-pick": 7, "am": 7, "revert": 7}
    assert usual.phases == Settings().monitoring.alert_thresholds.phases | {"validation": 90, "lint": 5}
    assert own.phases == usual.phases | {"lint": 9}
