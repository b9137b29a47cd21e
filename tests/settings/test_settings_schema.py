import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from alignwatch.settings import OTHER_NAMES, Hook, Parent, Repository, Settings
from alignwatch.settings.schema import schema, schema_text

CONFIG = Path(__file__).parents[2] / "config"
EXAMPLE = CONFIG / "alignwatch.yaml"


def valid(document: object) -> bool:
    return bool(jsonschema.Draft202012Validator(schema()).is_valid(document))


def commented_out(text: str) -> Any:
    """The YAML of the lines that begin with # and no blank; prose has one."""
    begins = ("#repositories", "#hooks", "#propagation", "#  ")
    lines = [line[1:] for line in text.splitlines() if line.startswith(begins)]
    return yaml.safe_load("\n".join(lines))


def test_the_checked_in_schema_is_up_to_date() -> None:
    assert (CONFIG / "alignwatch.schema.json").read_text() == schema_text(), (
        "run: alignwatch config schema > config/alignwatch.schema.json"
    )


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def test_every_key_is_described() -> None:
    made = schema()
    bare = [
        f"{section}.{key}"
        for section, types in {"": made, **made["$defs"]}.items()
        for key, value in types["properties"].items()
        if "description" not in value
    ]
    assert bare == []


@pytest.mark.parametrize("name", ["alignwatch.yaml", "task_021_maintenance_monitoring.yaml"])
def test_the_files_that_we_ship_are_valid(name: str) -> None:
    assert valid(yaml.safe_load((CONFIG / name).read_text()))


def test_the_example_shows_every_key_with_its_default() -> None:
    shown = yaml.safe_load(EXAMPLE.read_text())
    defaults = json.loads(msgspec.json.encode(Settings()))
    assert shown == {key: value for key, value in defaults.items() if key != "repositories"}


def test_the_example_of_a_repository_shows_every_key_with_its_default() -> None:
    example = commented_out(EXAMPLE.read_text())
    assert valid(example)
    (shown,) = example["repositories"]
    defaults = json.loads(msgspec.json.encode(Repository(path=shown["path"], name=shown["name"])))
    assert shown.keys() == defaults.keys()
    examples = {"targets", "alert_thresholds"}
    assert {key: value for key, value in shown.items() if key not in examples} == {
        key: value for key, value in defaults.items() if key not in examples
    }
    usual = msgspec.structs.asdict(Settings().monitoring.alert_thresholds)
    thresholds = schema()["$defs"]["RepositoryThresholds"]["properties"]
    assert shown["alert_thresholds"] == {key: usual[key] for key in thresholds}


def test_the_examples_of_hooks_show_every_key_with_its_default() -> None:
    example = commented_out(EXAMPLE.read_text())
    (hook,), (parent,) = example["hooks"], example["propagation"]["parents"]
    required = {"name": hook["name"], "command": hook["command"]}
    assert hook == json.loads(msgspec.json.encode(Hook(**required)))
    assert parent == json.loads(msgspec.json.encode(Parent(name=parent["name"], url=parent["url"])))


def test_the_specifications_other_names_are_in_the_schema() -> None:
    assert OTHER_NAMES.keys() <= schema()["properties"].keys()
    assert valid({"health_check_interval_sec": 30, "maintenance_window_start": "01:00"})
    assert not valid({"health_check_interval_sec": "often"})


@pytest.mark.parametrize(
    "document", [{"bogus": 1}, {"monitoring": {"log_level": "info"}}, {"repositories": [{}]}]
)
def test_what_the_check_refuses_the_schema_refuses(document: object) -> None:
    assert not valid(document)
