"""The table of verdicts: every fault and near miss that ``tests/diagnostics/test_verdicts.py`` tries.

``python tests/support/verdicts.py`` writes it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from alignwatch.diagnostics.checks import GROUPS
from support.doctor import Case
from support.injections import (
    configuration,
    environment,
    journal,
    monitoring,
    repositories,
    schedule,
    security,
)

TABLE = Path(__file__).parents[2] / "docs" / "verdicts.md"
CASES: tuple[Case, ...] = (
    *environment.CASES,
    *configuration.CASES,
    *repositories.CASES,
    *journal.CASES,
    *schedule.CASES,
    *monitoring.CASES,
    *security.CASES,
)
_HEAD = """\
<!-- written by tests/support/verdicts.py -->
# Verdicts of the doctor

Every check is broken for real in each way that it claims to find, and meets what only looks like it. A test
makes each of these and compares what the doctor says: {faults} faults, all of them found, and {others} near
misses, none of them found. *left out* is what cannot or need not be judged.
"""
_WORDS = {"ok": "well", "skipped": "left out"}


def table_text() -> str:
    """The table."""
    faults = sum(case.is_fault for case in CASES)
    return "\n".join([_HEAD.format(faults=faults, others=len(CASES) - faults), *_groups(), ""])


def _groups() -> Iterator[str]:
    for group, ids in GROUPS.items():
        yield f"\n## {group[0].upper()}{group[1:]}\n\n| check | what was done | verdict |\n|---|---|---|"
        for id_ in ids:
            for case in sorted((one for one in CASES if one.check == id_), key=lambda one: not one.is_fault):
                verdict = _WORDS.get(case.expected, f"**{case.expected}**")
                yield f"| [{id_}](diagnostics.md#{id_}) | {case.what} | {verdict} |"


if __name__ == "__main__":
    TABLE.write_text(table_text())
