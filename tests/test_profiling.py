"""Before against now: figures, verdicts, the command and its schema."""

import json
import os
import random
import time
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.cli import main
from alignwatch.journal.store import Journal
from alignwatch.operation import Kind, Operation, Outcome, Phase
from alignwatch.profiling import profile_schema, rank_sums_p
from alignwatch.state_dir import journal_path
from support.journals import operation

NOW = time.time()
DAY = 86_400.0


def runs(
    day: float, number: int, seconds: float, *, validation: float, repository: str = "app"
) -> list[Operation]:
    chance = random.Random(day)
    return [
        operation(
            f"{repository}-{day}-{index}",
            repository=repository,
            kind=Kind.ALIGN,
            started=NOW - day * DAY - index * 60 - 100,
            duration=seconds * chance.uniform(0.95, 1.05),
            phases=(
                Phase("rebase_operation", seconds * 0.75),
                Phase("validation", validation * chance.uniform(0.95, 1.05)),
                Phase("conflict_resolution", 500 * chance.random()),
            ),
        )
        for index in range(number)
    ]


@pytest.fixture
def journal() -> Journal:
    """Validation became twice as slow today; lib has operations of today only."""
    made = Journal(journal_path(Path(os.environ["ALIGNWATCH_STATE_DIR"])))
    for one in [
        *runs(3, 20, 4.0, validation=1.0),
        *runs(0, 20, 4.0, validation=2.0),
        *runs(0, 3, 9.0, validation=1.0, repository="lib"),
        operation("failed", kind=Kind.ALIGN, started=NOW - 50, duration=900.0, outcome=Outcome.FAILED),
    ]:
        made.record(one)
    return made


@pytest.mark.usefixtures("journal")
def test_what_became_slower_is_told_from_what_did_not(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    assert main(["profile", "--baseline", "14d", "--json"]) == 0
    profile = json.loads(capsys.readouterr().out)
    jsonschema.validate(profile, profile_schema())
    parts = {one["phase"]: one for one in profile["parts"]}
    assert list(parts) == [None, "rebase_operation", "validation"]
    assert (profile["format"], profile["repositories"]) == (1, ["app"])
    assert parts[None]["change"] == "same"
    assert parts[None]["current"]["count"] == 20
    assert parts["rebase_operation"]["p_value"] == 1.0
    assert parts["validation"]["change"] == "slower"
    assert parts["validation"]["ratio"] == pytest.approx(2, rel=0.1)
    assert parts["validation"]["baseline"]["total"] == pytest.approx(20, rel=0.05)


@pytest.mark.usefixtures("journal")
def test_too_few_operations_say_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "alignwatch.yaml"
    config.write_text(f"repositories: [{{path: {tmp_path}/lib}}, {{path: {tmp_path}/app}}]\n")
    assert main(["profile", "--config", str(config), "--repository", "lib", "--json"]) == 0
    parts = json.loads(capsys.readouterr().out)["parts"]
    assert {(one["change"], one["baseline"], one["ratio"]) for one in parts} == {("unknown", None, None)}
    assert main(["profile", "--config", str(config), "--repository", "none"]) == 2
    assert "no repository is named none; choose from lib, app" in capsys.readouterr().err


@pytest.mark.usefixtures("journal")
def test_a_table_for_people(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    assert main(["profile"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[0] == "part"
    assert [line.split()[0] for line in lines[3:]] == ["align", "rebase_operation", "validation"]
    assert lines[-1].endswith("slower")
    assert main(["profile", "--end", "2001-01-01T00:00:00Z"]) == 0
    assert "no operation has succeeded in that time" in capsys.readouterr().out


def test_one_operation_is_a_profile_too(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Journal(journal_path(Path(os.environ["ALIGNWATCH_STATE_DIR"]))) as made:
        made.record(operation(started=NOW - 60))
    monkeypatch.chdir(repository)
    assert main(["profile", "--json"]) == 0
    (part,) = json.loads(capsys.readouterr().out)["parts"]
    assert part["current"] == {"count": 1, "mean": 2, "median": 2, "p90": 2, "max": 2, "total": 2}


FIGURES = st.lists(st.integers(0, 5).map(float), min_size=8, max_size=20)


@given(first=FIGURES, second=FIGURES)
def test_the_order_of_samples_does_not_matter(first: list[float], second: list[float]) -> None:
    assert rank_sums_p(first, second) == pytest.approx(rank_sums_p(second, first))
    assert 0 <= rank_sums_p(first, second) <= 1


@given(first=FIGURES)
def test_a_sample_is_not_different_from_itself(first: list[float]) -> None:
    assert rank_sums_p(first, first) == 1


def test_figures_of_the_literature() -> None:
    """As scipy.stats.mannwhitneyu has them (method asymptotic, with continuity)."""
    assert rank_sums_p([1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11, 12, 13, 14, 15, 16]) == pytest.approx(
        0.0009391056991171487, rel=1e-9
    )
    assert rank_sums_p([1, 1, 2, 2, 3, 3, 4, 4], [2, 2, 3, 3, 4, 4, 5, 5]) == pytest.approx(
        0.14639909928296396
    )


def test_chance_alone_rarely_gives_a_verdict() -> None:
    chance = random.Random(7)

    def drawn(number: int) -> list[float]:
        return [chance.lognormvariate(0, 1) for _ in range(number)]

    seldom = sum(rank_sums_p(drawn(8), drawn(30)) < 0.01 for _ in range(2000))
    assert seldom <= 40
