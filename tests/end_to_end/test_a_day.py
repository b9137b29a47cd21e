"""A day's worth of looks at a repository in which people work leaves every byte and every date as it is."""

import itertools
from collections import Counter
from pathlib import Path

import pytest

from alignwatch.divergence import commit_graph
from alignwatch.git.command import Git
from alignwatch.journal.store import Journal
from alignwatch.probes import noting_tasks, tasks_of
from alignwatch.probes.runner import Task, look
from alignwatch.settings import Forecast, Fsck, Monitoring, Repository, Settings
from alignwatch.snapshot import HOST
from alignwatch.state_dir import journal_path
from support.repositories import Commit, everything_in, git, import_history, linear, new_repository

HOURS = 24
LOOKS_AN_HOUR = 6


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    """A work tree with changes in it, a linked one, a remote's branches, a stash, branches that conflict."""
    made = new_repository(tmp_path / "app")
    history = [*linear("m", 30)]
    for number in range(8):
        history += [
            Commit(f"b{number}-0", [f"m{3 * number}"], {"shared": f"{number % 3}\n"}),
            Commit(f"b{number}-1", [f"b{number}-0"], {"shared": f"{number % 3}\n", "other": "x\n"}),
        ]
    import_history(
        made, history, {"main": "m29", **{f"agent/{number}": f"b{number}-1" for number in range(8)}}
    )
    git(made, "reset", "--quiet", "--hard")
    git(made, "update-ref", "refs/remotes/origin/main", "main~3")
    (made / "file-m0").write_text("in work\n")
    git(made, "stash")
    (made / "file-m1").write_text("in work\n")
    (made / "new").write_text("not added\n")
    git(made, "worktree", "add", "--quiet", str(tmp_path / "linked"), "agent/1")
    git(made, "config", "core.fsmonitor", "touch ran-the-monitor")
    return made


def work(watched: Path, hour: int) -> None:
    """What somebody does in an hour: commits, merges, takes back, deletes, makes branches."""
    branch = f"agent/{hour % 8}"
    match hour % 6:
        case 0 | 1:
            commit(watched, branch, branch)
        case 2:
            commit(watched, "main", "main", branch)
        case 3:
            git(watched, "update-ref", f"refs/heads/{branch}", f"{branch}~1")
        case 4:
            git(watched, "update-ref", f"refs/heads/made/{hour}", "main~2")
            commit(watched, "main", "main")
        case 5:
            git(watched, "update-ref", "-d", f"refs/heads/made/{hour - 1}")
            git(watched, "pack-refs", "--all")


def commit(watched: Path, branch: str, *parents: str) -> None:
    named = [argument for parent in parents for argument in ("-p", parent)]
    made = git(watched, "commit-tree", f"{parents[0]}^{{tree}}", *named, "-m", "work")
    git(watched, "update-ref", f"refs/heads/{branch}", made)


def tasks_for(watched: Path, state: Path, journal: Journal) -> list[Task]:
    """Every probe that looks at a repository; each does all that it can do."""
    settings = Settings(
        state_dir=str(state),
        monitoring=Monitoring(
            health_check_interval_seconds=3600 / LOOKS_AN_HOUR,
            fsck=Fsck(interval_seconds=1),
            forecast=Forecast(slice_seconds=20),
        ),
        repositories=(Repository(path=str(watched), remotes=("origin",)),),
    )
    runner = Git()
    made = (*tasks_of(settings, runner), *noting_tasks(settings, runner, journal))
    return [task for task in made if task.repository != HOST]


def files_of(tmp_path: Path) -> dict[str, tuple[int, int, bytes]]:
    """Both work trees, with the repository in the first of them."""
    found: dict[str, tuple[int, int, bytes]] = {}
    for name in ("app", "linked"):
        found |= {f"{name}/{path}": seen for path, seen in everything_in(tmp_path / name).items()}
    return found


def test_a_day(watched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit_graph, "_WORTHWHILE", 10)
    state = tmp_path / "state"
    succeeded: Counter[str] = Counter()
    with Journal(journal_path(state)) as journal:
        tasks = tasks_for(watched, state, journal)
        for hour in range(HOURS):
            work(watched, hour)
            before = files_of(tmp_path)
            for task in itertools.chain.from_iterable(itertools.repeat(tasks, LOOKS_AN_HOUR)):
                run = look(task)
                assert run.error is None, run
                succeeded[run.probe] += 1
            after = files_of(tmp_path)
            assert sorted(path for path in before.keys() | after if before.get(path) != after.get(path)) == []
    assert succeeded == Counter({task.name: HOURS * LOOKS_AN_HOUR for task in tasks})
    assert {"divergence", "forecast", "fsck", "commit_graph", "repository", "unsaved"} <= set(succeeded)
    assert list((state / "cache").glob("commit-graph-*/objects/info/commit-graph"))
