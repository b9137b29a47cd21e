"""What git's events add to git: with a listener, with nobody listening, and with the folder gone, in turns.

Prints the medians of the wall time in milliseconds, and their ratios to git without events.
"""

import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from alignwatch.journal.store import Journal, RegisteredRepository
from alignwatch.state_dir import journal_path, trace_folder
from alignwatch.tracking.trace.folder import MOST_FILES
from alignwatch.tracking.trace.listener import TraceListener
from support.repositories import ENVIRONMENT, Commit, git, import_history, linear, new_repository

ROUNDS = {"git rev-parse HEAD": 200, "git rebase of 20 commits": 20}
COMMITS = 20
BOUND_REBASE = 1.10
BOUND_MISSING = 1.10
MODES = ("listened to", "nobody listens", "folder gone")


def listen(state_dir: Path, repository: Path) -> None:
    """Listens as the exporter does."""
    journal = Journal(journal_path(state_dir))
    journal.register_repositories([RegisteredRepository("app", repository, repository / ".git", ("main",))])
    listener = TraceListener(trace_folder(state_dir), journal, ["app"], time.time)
    while True:
        listener.look()
        time.sleep(1)


@contextmanager
def listening(state_dir: Path, repository: Path) -> Iterator[None]:
    """A listener in a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=listen, args=(state_dir, repository))
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def configured(scratch: Path, mode: str) -> dict[str, str]:
    """The environment in which git tells of its commands; the folder is there unless it is to be gone."""
    folder = trace_folder(scratch / mode)
    folder.mkdir(parents=True)
    config = scratch / f"{mode}.gitconfig"
    config.write_text(f"[trace2]\n\teventTarget = {folder}/\n\tmaxFiles = {MOST_FILES}\n")
    if mode == "folder gone":
        folder.rmdir()
    return {**ENVIRONMENT, "GIT_CONFIG_GLOBAL": str(config)}


def milliseconds(command: tuple[str, ...], repository: Path, environment: dict[str, str]) -> float:
    """Wall time of one command."""
    began = time.perf_counter()
    subprocess.run(command, cwd=repository, env=environment, check=True, capture_output=True)
    return (time.perf_counter() - began) * 1000


def measure(
    title: str,
    command: tuple[str, ...],
    repository: Path,
    environments: dict[str, dict[str, str]],
    prepare: Callable[[], object],
) -> dict[str, float]:
    """Runs a command in every environment in turns, prints medians, and returns the ratios to the first."""
    times: dict[str, list[float]] = {mode: [] for mode in environments}
    for _ in range(ROUNDS[title]):
        for mode, environment in environments.items():
            prepare()
            times[mode].append(milliseconds(command, repository, environment))
    medians = {mode: statistics.median(values) for mode, values in times.items()}
    without = medians["without events"]
    print(f"{title}, medians of {ROUNDS[title]}")
    for mode, median in medians.items():
        print(f"  {mode:<15} {median:8.2f} ms   {median - without:+6.2f} ms   ratio {median / without:.3f}")
    return {mode: median / without for mode, median in medians.items()}


def main() -> None:
    """Measures, prints, and fails when a bound is exceeded."""
    scratch = Path(tempfile.mkdtemp())
    try:
        repository = new_repository(scratch / "app")
        history = [Commit("base"), Commit("main", ["base"]), *linear("topic", COMMITS, "base")]
        import_history(repository, history, {"main": "main", "topic": f"topic{COMMITS - 1}"})
        git(repository, "checkout", "--quiet", "topic")
        start = git(repository, "rev-parse", "topic")
        environments = {"without events": dict(ENVIRONMENT)}
        environments |= {mode: configured(scratch, mode) for mode in MODES}
        with listening(scratch / MODES[0], repository):
            time.sleep(1)
            look = measure(
                "git rev-parse HEAD", ("git", "rev-parse", "HEAD"), repository, environments, lambda: None
            )
            rebase = measure(
                "git rebase of 20 commits",
                ("git", "rebase", "--quiet", "main"),
                repository,
                environments,
                lambda: git(repository, "reset", "--quiet", "--hard", start),
            )
        waiting = len(list(trace_folder(scratch / "nobody listens").iterdir()))
        print(f"files that wait where nobody listens: {waiting}")
    finally:
        shutil.rmtree(scratch)
    print(f"rebase with a listener: {rebase['listened to']:.3f} (at most {BOUND_REBASE})")
    print(f"rev-parse with the folder gone: {look['folder gone']:.3f} (at most {BOUND_MISSING})")
    if rebase["listened to"] > BOUND_REBASE or look["folder gone"] > BOUND_MISSING:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
