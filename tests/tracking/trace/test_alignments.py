"""200 alignments of all kinds in 3 repositories and 5 work trees; the exporter is killed meanwhile."""

import re
import subprocess
import sys
import urllib.request
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.tracking.trace.folder import TraceFolder
from alignwatch.tracking.verifier import Verifier
from support.alignments import COURSES, Aligned, Script, alignable, write_patches
from support.repositories import ENVIRONMENT, git
from support.tracing import Traced
from support.waiting import wait_until

EACH = 40
"""In each of five work trees."""


@contextmanager
def exporter(config: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A running ``alignwatch serve``; it is killed at the end."""
    arguments = ("serve", "--config", str(config), "--web.listen-address", "127.0.0.1:0")
    with config.with_suffix(".log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "alignwatch", *arguments], stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_each_alignment_is_recorded_once_with_its_outcome(tmp_path: Path) -> None:
    traced = Traced(tmp_path)
    worktrees: list[tuple[Path, str, str]] = []
    for name, branches in (("app", 3), ("lib", 1), ("tool", 1)):
        repository = alignable(tmp_path / name, branches)
        git(repository, "symbolic-ref", "HEAD", "refs/heads/w0")
        worktrees.append((repository, name, "w0"))
        for number in range(1, branches):
            linked = tmp_path / f"{name}-w{number}"
            git(repository, "worktree", "add", "--quiet", str(linked), f"w{number}")
            worktrees.append((linked, name, f"w{number}"))
    patches = write_patches(tmp_path / "app", tmp_path / "patches")
    config = tmp_path / "alignwatch.yaml"
    paths = "".join(f"  - {{path: {tmp_path / name}}}\n" for name in ("app", "lib", "tool"))
    config.write_text(f"state_dir: {traced.state_dir}\nrepositories:\n{paths}")
    scripts = [Script(traced, *one, patches) for one in worktrees]
    courses = [script.run(EACH, seed) for seed, script in enumerate(scripts)]

    with ThreadPoolExecutor(len(scripts)) as pool:
        with exporter(config):
            first = [pool.submit(deque, islice(course, EACH // 2), 0) for course in courses]
            wait_until(lambda: len(recorded(traced)) > 20, "the exporter is at work")
        for one in first:
            one.result()
        with exporter(config):
            for one in [pool.submit(deque, course, 0) for course in courses]:
                one.result()
            expected = Counter(done for script in scripts for done in script.done)
            wait_until(lambda: len(recorded(traced)) >= expected.total(), "all is recorded")
            wait_until(lambda: not TraceFolder(traced.folder).names(), "all events are read")
            wait_until(lambda: "alignment_trace_success 1.0" in page(config), "the page says so")
    assert expected.total() >= 200
    found = Counter(recorded(traced))
    # For a moment of `rebase --apply` git itself does not know the branch.
    assert {one.branch for one in found - expected} <= {""}
    assert without_branch(found) == without_branch(expected)


def page(config: Path) -> str:
    """The metrics of the exporter that was started last."""
    address = re.findall(r"listening on (http://\S+)", config.with_suffix(".log").read_text())[-1]
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def recorded(traced: Traced) -> list[Aligned]:
    """What the journal holds."""
    columns = ("repository", "branch", "operation", "target", "outcome")
    return [Aligned(*row) for row in traced.recorded(*columns)]


def without_branch(operations: Counter[Aligned]) -> Counter[Aligned]:
    """The same, whatever their branches are."""
    return Counter(one._replace(branch="") for one in operations.elements())


def test_git_confirms_what_is_recorded_of_a_batch(tmp_path: Path) -> None:
    """All of it is read at once, long after: each operation's evidence is its own nevertheless."""
    traced = Traced(tmp_path)
    repository = traced.watch(alignable(tmp_path / "app", 1))
    git(repository, "symbolic-ref", "HEAD", "refs/heads/w0")
    script = Script(traced, repository, "app", "w0", write_patches(repository, tmp_path / "patches"))
    deque(script.run(2 * len(COURSES), seed=7), 0)
    traced.look()
    assert recorded(traced) == script.done
    verifier = Verifier(traced.journal, Git(environment=ENVIRONMENT), {"app": repository}, deadline=60)

    def all_settled() -> bool:
        verifier.look()  # A turn of this may be over before all is.
        return "open" not in traced.recorded("claim")

    wait_until(all_settled, "all is settled")
    claims = Counter(traced.recorded("outcome", "claim"))
    assert {claim for _, claim in claims} == {"confirmed", None}
    assert {outcome for outcome, claim in claims if claim} == {"success", "not_needed"}
