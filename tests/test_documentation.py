"""Every example in the documentation is one that works: run where that is possible, else understood."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from alignwatch.cli import RENDER_REPORT, VERBS, load, main
from alignwatch.hooks.event import event_schema
from alignwatch.settings.schema import schema
from support.documentation import ROOT, examples

DOCUMENTS = sorted(
    str(file.relative_to(ROOT))
    for pattern in ("*.md", "docs/*.md", "rules/*.md", "deploy/*/*.md", "grafana/*.md")
    for file in ROOT.glob(pattern)
)
_SHELL = frozenset({"|", "||", "&&", ";", ">", ">>", "<", "2>&1", "&"})
_QUOTED = re.compile(r"`((?:alignwatch|render-report) [^`]*)`")
LOOKS = (
    ("status",),
    ("branches",),
    ("events",),
    ("profile",),
    ("trace", "status"),
    ("maintenance", "plan"),
    ("maintenance", "list"),
    ("maintenance", "history"),
    ("config", "defaults"),
    ("config", "schema"),
)
"""What can be run anywhere: it only looks, asks no server, and ends by itself."""


def commands_in(text: str) -> Iterator[list[str]]:
    """The calls of our commands in shell text, each without what the shell does around it."""
    for line in text.replace("\\\n", " ").splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            continue
        for place, word in enumerate(words):
            if Path(word).name in ("alignwatch", "render-report"):
                ends = (at for at, one in enumerate(words[place:], place) if one in _SHELL)
                yield [Path(word).name, *words[place + 1 : next(ends, len(words))]]


def documented() -> set[tuple[str, ...]]:
    """All of them: of the documents' shell blocks, of what stands in quotes, and of each ``--help``."""
    texts = [one.text for document in DOCUMENTS for one in examples(document, "sh")]
    texts += [one for document in DOCUMENTS for one in _QUOTED.findall((ROOT / document).read_text())]
    verbs = {**{f"alignwatch {name}": verb for name, verb in VERBS.items()}, "render-report": RENDER_REPORT}
    for name, verb in verbs.items():
        texts.append((load(verb).parser(name).epilog or "").partition("\n\n")[0])
    found = {tuple(command) for text in texts for command in commands_in(text)}
    return {one for one in found if len(one) > 1 and not any("|" in word for word in one)}


COMMANDS = sorted(documented())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_is_understood(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    program, *arguments = command
    if program == "render-report":
        load(RENDER_REPORT).parser(program).parse_args(arguments)
        return
    name, *rest = arguments
    if name.startswith("-"):
        assert main(arguments) == 0
        return
    assert name in VERBS
    if rest and rest != ["--help"]:
        try:
            load(VERBS[name]).parser(name).parse_args(rest)
        except SystemExit:
            # A mention of an action or option need not name everything that it acts on.
            assert re.search("arguments are required|expected one argument", capsys.readouterr().err)


@pytest.mark.parametrize(
    "command", [one for one in COMMANDS if one[1:2] + one[2:3] in LOOKS or one[1:2] in LOOKS], ids=" ".join
)
def test_a_command_that_only_looks_runs(
    command: tuple[str, ...], repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    wanted = [one for one in command[1:] if one not in ("--watch", "billing", "--repository")]
    assert main(wanted) in (0, 3, 4)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_configuration_is_one(document: str) -> None:
    for example in examples(document, "yaml"):
        jsonschema.Draft202012Validator(schema()).validate(yaml.safe_load(example.text))


def test_the_event_of_the_documentation_is_one_and_its_function_takes_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (event,) = (json.loads(one.text) for one in examples("docs/hooks.md", "json"))
    jsonschema.validate(event, event_schema())
    (function,) = (one.text for one in examples("docs/hooks.md", "python"))
    names: dict[str, Any] = {}
    exec(compile(function, "docs/hooks.md", "exec"), names)
    names["happened"](event)
    assert capsys.readouterr().out == "success\n"
