"""A stand-in for the alignment code: what ``CoreAlignmentOrchestrator`` does and reports, with real git.

Its JSON, its phases, statuses, pauses and retries are those of Task 009 (numbered 010 before); what happens
to the branches is real.
"""

import itertools
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.repositories import ENVIRONMENT

Report = dict[str, Any]
"""What it says of one run; an ``AlignmentResult`` as JSON."""


class Orchestrator:
    """Aligns branches of one work tree by rebasing them, one at a time."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._numbers = itertools.count(1)
        # Its git commands are parts of its own runs, and are not to be recorded beside them.
        self._environment = {**os.environ, **ENVIRONMENT, "GIT_TRACE2_PARENT_SID": "alignwatch"}

    def align_branch(self, feature_branch: str, primary_target: str) -> Report:
        """One run: it ends ``completed``, ``not_needed`` or, at a conflict, waiting for a person."""
        run = _Run(feature_branch, primary_target, next(self._numbers))
        with run.phase("safety_checks"):
            needed = self._git("merge-base", "--is-ancestor", primary_target, feature_branch) != 0
        if not needed:
            return run.report("not_needed", success=True)
        with run.phase("backup_creation"):
            self._git("branch", "--force", f"backup/{feature_branch}", feature_branch)
        with run.phase("rebase_operation"):
            done = self._git("rebase", "--quiet", primary_target, feature_branch) == 0
        if not done:
            return run.report("manual_required", success=False)
        return run.report("completed", success=True)

    def resume(self, paused: Report, resolution: str) -> Report:
        """Goes on with one that waited: a person has resolved the conflict. It is another run."""
        said = paused["alignment_operation"]
        run = _Run(said["feature_branch"], said["primary_target"], next(self._numbers))
        with run.phase("conflict_resolution"):
            time.sleep(0.2)
            (self._repository / "f").write_text(resolution)
            self._git("add", "f")
        with run.phase("rebase_operation"):
            assert self._git("-c", "core.editor=true", "rebase", "--continue") == 0
        return run.report("resolved", success=True)

    def abort(self, paused: Report) -> Report:
        """Gives up one that waited."""
        said = paused["alignment_operation"]
        run = _Run(said["feature_branch"], said["primary_target"], next(self._numbers))
        with run.phase("cleanup"):
            assert self._git("rebase", "--abort") == 0
        return run.report("rolled_back", success=False)

    def pretend(self, feature_branch: str, primary_target: str) -> Report:
        """Says that it has aligned a branch, which it has not."""
        return _Run(feature_branch, primary_target, next(self._numbers)).report("completed", success=True)

    def _git(self, *arguments: str) -> int:
        command = ["git", "-C", os.fspath(self._repository), *arguments]
        done = subprocess.run(command, env=self._environment, capture_output=True, check=False)
        return done.returncode


class _Run:
    def __init__(self, branch: str, target: str, number: int) -> None:
        self._branch, self._target = branch, target
        self._started = time.time()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(self._started))
        self._id = f"align-{stamp}-{number:03d}"
        self._breakdown: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._breakdown[name] = time.monotonic() - began

    def report(self, status: str, *, success: bool) -> Report:
        ended = time.time()
        return {
            "alignment_operation": {
                "operation_id": self._id,
                "feature_branch": self._branch,
                "primary_target": self._target,
                "status": status,
                "start_time": _moment(self._started),
                "end_time": _moment(ended),
                "duration_seconds": ended - self._started,
            },
            "alignment_result": {"success": success, "commits_aligned": 1, "conflicts": []},
            "performance_metrics": {"breakdown": self._breakdown, "peak_memory_mb": 12.5},
        }


def as_lines(reports: list[Report]) -> str:
    """Reports as the alignment code logs them: one object a line."""
    return "".join(json.dumps(one) + "\n" for one in reports)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
