"""Each check, broken in every way that it claims to find, and the near misses that it must not find."""

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from alignwatch.diagnostics.checks import IDS, load
from alignwatch.diagnostics.status import Status
from support.doctor import Case, Servers, template, world
from support.injections.security import SECRETS
from support.verdicts import CASES, TABLE, table_text


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """A folder that others may enter."""
    made = Path(tempfile.mkdtemp(prefix="doctor-"))
    made.chmod(0o755)
    template(made)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with ExitStack() as ends:
        yield Servers(tmp_path_factory.mktemp("servers"), ends)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}: {case.what}")
def test_verdict(case: Case, scratch: Path, running: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    if case.needs_root and os.geteuid() != 0:
        pytest.skip("only root can give things away")
    with world(scratch / "world", scratch / "template", monkeypatch, running) as one:
        case.do(one)
        result = one.look(case.check)
    assert result.status is case.expected, result.findings
    assert any(case.says in finding.seen for finding in result.findings), result.findings
    assert not [secret for secret in SECRETS if secret in repr(result)], "a secret is never shown"
    for finding in result.findings:
        bad = finding.status in (Status.WARNING, Status.CRITICAL)
        assert bool(finding.remedy) or not bad, "a fault has a remedy"


def test_each_check_is_broken_as_gravely_as_it_can_be_and_missed_narrowly() -> None:
    expected = defaultdict(set)
    for case in CASES:
        expected[case.check].add(case.expected)
    for id_ in IDS:
        assert load(id_).reaches in expected[id_], id_
        assert expected[id_] & {Status.OK, Status.SKIPPED}, id_


def test_table_of_verdicts_is_as_it_was_made() -> None:
    assert TABLE.read_text() == table_text(), "run: python tests/support/verdicts.py"
