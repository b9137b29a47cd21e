"""Repositories that misbehave: what can be known is, in time, and other repositories do not notice."""

import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.probes import divergence, tasks_of
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.probes.runner import Lane, start
from alignwatch.settings import Monitoring, Repository, Settings
from alignwatch.snapshot import BranchState, DivergenceReading
from support.drifts import reference
from support.fake_git import fake_git
from support.repositories import everything_in, git, import_history, linear, new_repository


def assert_all_known(repository: Path, reading: DivergenceReading) -> None:
    """Every figure is what git says."""
    assert reading.problem is None
    for branch in reading.branches:
        expected = reference(repository, branch.tip, reading.target_tips[branch.target])
        assert (branch.ahead, branch.behind) == (expected.ahead, expected.behind)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A bare repository that can be cloned by halves."""
    made = new_repository(tmp_path / "source", bare=True)
    import_history(
        made,
        [*linear("m", 12), *linear("f", 3, "m2"), *linear("g", 3, "m8")],
        {"main": "m11", "feature": "f2", "late": "g2"},
    )
    git(made, "config", "uploadpack.allowFilter", "true")
    return made


def clone(source: Path, *options: str) -> Path:
    made = source.parent / "clone"
    git(source.parent, "clone", "--quiet", "--mirror", *options, f"file://{source}", str(made))
    return made


def test_a_shallow_clone_and_what_deepening_it_changes(source: Path, git_runner: Git, tmp_path: Path) -> None:
    shallow = clone(source, "--depth=5", "--no-single-branch")
    probe = DivergenceProbe(git_runner, Repository(path=str(shallow)), 10, tmp_path / "cache")
    before = probe.read()
    assert_all_known(shallow, before)
    assert {branch.name: branch.state for branch in before.branches}["feature"] is BranchState.ORPHAN
    git(shallow, "fetch", "--quiet", "--unshallow")
    after = probe.read()
    assert [branch.tip for branch in after.branches] == [branch.tip for branch in before.branches]
    assert_all_known(shallow, after)
    assert {branch.name: branch.behind for branch in after.branches}["feature"] == 9


@pytest.mark.parametrize("wanted", ["blob:none", "tree:0"])
def test_a_partial_clone_fetches_nothing(source: Path, git_runner: Git, wanted: str) -> None:
    partial = clone(source, f"--filter={wanted}")
    before = everything_in(partial)
    reading = DivergenceProbe(git_runner, Repository(path=str(partial)), 10).read()
    assert everything_in(partial) == before
    source.rename(source.with_name("gone"))
    assert_all_known(partial, reading)


def test_a_partial_clone_that_lacks_a_commit_fetches_nothing(source: Path, git_runner: Git) -> None:
    partial = clone(source, "--filter=blob:none")
    missing = git(partial, "rev-parse", "late~1")
    for pack in (partial / "objects" / "pack").glob("*.pack"):
        data = pack.read_bytes()
        for file in pack.parent.glob(f"{pack.stem}.*"):
            file.unlink()
        git(partial, "unpack-objects", "-q", stdin=data)
    (partial / "objects" / missing[:2] / missing[2:]).unlink()
    before = everything_in(partial)
    reading = DivergenceProbe(git_runner, Repository(path=str(partial)), 10).read()
    assert everything_in(partial) == before
    unknown = {branch.name for branch in reading.branches if branch.state is BranchState.UNKNOWN}
    assert "late" in unknown
    assert reading.problem is not None


def test_broken_refs_hide_no_others(source: Path, git_runner: Git) -> None:
    heads = source / "refs" / "heads"
    (heads / "empty").write_text("")
    (heads / "nonsense").write_text("nonsense\n")
    (heads / "new\nline").write_text(git(source, "rev-parse", "main") + "\n")
    (heads / "nowhere").write_text("1" * 40 + "\n")
    (heads / "loop").write_text("ref: refs/heads/loop\n")
    probe = DivergenceProbe(git_runner, Repository(path=str(source)), 10)
    branches = {branch.name: branch for branch in probe.read().branches}
    assert set(branches) == {"main", "feature", "late", "nowhere"}
    assert branches["nowhere"].state is BranchState.UNKNOWN
    assert (branches["feature"].ahead, branches["feature"].behind) == (3, 9)
    assert "refs/heads/empty" in probe.latest().refs.broken


@pytest.mark.parametrize(("what", "deadline"), [("for-each-ref", 0.3), ("rev-list", 30.0)])
def test_a_git_that_hangs_is_ended(
    source: Path, tmp_path: Path, what: str, deadline: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where listing must succeed it has all the time, and what hangs has 0.3 s.
    monkeypatch.setattr(divergence, "_SHARE", 0.01)
    hanging = fake_git(tmp_path, f'case "$*" in *{what}*) sleep 60;; esac\nexec git "$@"')
    probe = DivergenceProbe(hanging, Repository(path=str(source)), deadline)
    began = time.monotonic()
    if what == "for-each-ref":
        with pytest.raises(GitError, match="did not end"):
            probe.read()
        with pytest.raises(GitError, match="did not end"):
            probe.latest()
    else:
        reading = probe.read()
        assert {branch.state for branch in reading.branches} == {BranchState.UNKNOWN}
        assert "did not end" in (reading.problem or "")
        # What has just failed is left alone for a while.
        assert probe.read() is reading
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("place", ["refs/heads/stuck", "shallow", "objects/info/alternates", "packed-refs"])
def test_a_file_system_that_hangs_delays_no_other_repository(
    source: Path, repository: Path, git_runner: Git, tmp_path: Path, place: str
) -> None:
    (source / place).unlink(missing_ok=True)
    os.mkfifo(source / place)
    settings = Settings(
        state_dir=str(tmp_path / "state"),
        monitoring=Monitoring(probe_deadline_seconds=60),
        repositories=(
            Repository(path=str(source), name="stuck"),
            Repository(path=str(repository), name="sound"),
        ),
    )
    wanted = DivergenceReading.probe
    tasks = [task for task in tasks_of(settings, git_runner) if task.name == wanted]
    assert {task.lane for task in tasks} == {Lane.QUICK}
    runs = {task.repository: start(task) for task in tasks}
    with closing(git_runner):
        # The stuck one's deadline is later.
        sound = runs["sound"].result(30).value
    assert isinstance(sound, DivergenceReading)
    assert_all_known(repository, sound)
    # git does not open each of these in each version; it must only not wait for ever.
    assert runs["stuck"].result(30).repository == "stuck"


def test_a_history_mark_that_may_not_be_read_is_an_error(source: Path, git_runner: Git) -> None:
    (source / "shallow").symlink_to(source / "shallow2")
    (source / "shallow2").write_text("")
    probe = DivergenceProbe(git_runner, Repository(path=str(source)), 10)
    probe.read()
    (source / "shallow2").chmod(0)
    if os.access(source / "shallow2", os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(GitError):
        probe.read()


def test_twenty_thousand_branches(tmp_path: Path, git_runner: Git) -> None:
    made = new_repository(tmp_path / "many", bare=True)
    length = 1000
    names = {f"agent-{number % 40}/{number}": number % length for number in range(20_000)}
    ids = import_history(made, linear("m", length), {"main": f"m{length - 1}"}, empty=True)
    packed = [f"{ids[f'm{at}']} refs/heads/{name}\n" for name, at in sorted(names.items())]
    (made / "packed-refs").write_text("".join(["# pack-refs with: sorted\n", *packed]))
    settings = Repository(path=str(made))
    probe = DivergenceProbe(git_runner, settings, 60, tmp_path / "cache")
    reading = probe.read()
    assert reading.problem is None
    assert {branch.name: branch.behind for branch in reading.branches if branch.name in names} == {
        name: length - 1 - at for name, at in names.items()
    }
    assert len({branch.family for branch in reading.branches}) <= settings.families.limit + 1
    assert probe.read() is reading
