import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignwatch.git.command import Git, GitError
from alignwatch.journal.claims import Claim
from alignwatch.operation import Evidence, Kind, Outcome
from alignwatch.tracking.verification import KEPT_SECONDS, UNKNOWN, verify
from support.claims import CONFLICT, claimed, in_progress, long_ago, on, tip, write
from support.fake_git import fake_git
from support.repositories import git, new_repository

PICKS = (Kind.CHERRY_PICK, Kind.AM, Kind.REVERT)
TOGETHER = (Kind.REBASE, Kind.MERGE, Kind.PULL, Kind.ALIGN)

Verify = Callable[[Claim], str | None]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """``feature`` and ``main`` have gone apart; ``shared`` conflicts. ``other`` is a third branch."""
    with long_ago():
        return diverged(tmp_path / "diverged")


def diverged(folder: Path) -> Path:
    made = new_repository(folder)
    write(made, "shared", "base\n")
    git(made, "branch", "other")
    on(made, "main", "checkout", "--quiet", "-b", "feature")
    write(made, "of-feature", "feature\n")
    on(made, "main", "checkout", "--quiet", "main")
    write(made, "of-main", "main\n")
    on(made, "other", "checkout", "--quiet", "other")
    write(made, "of-other", "other\n")
    git(made, "checkout", "--quiet", "feature")
    return made


def conflicting(app: Path) -> None:
    """Lets ``feature`` and ``main`` change the same line."""
    with long_ago():
        git(app, "checkout", "--quiet", "main")
        write(app, "shared", "main\n")
        git(app, "checkout", "--quiet", "feature")
        write(app, "shared", "feature\n")


@pytest.fixture
def verified(app: Path, git_runner: Git) -> Verify:
    return lambda claim: verify(git_runner, app, claim, 30)


def nothing() -> None:
    """What a tool does that only says it did something."""


def reported(claim: Claim) -> Claim:
    """The claim as alignment code reports it after a minute's work: without evidence."""
    return claim._replace(evidence=None, source="record", started=claim.started - 60)


def push_to_main(app: Path) -> None:
    """Moves ``main`` while something else is checked out."""
    git(app, "update-ref", "refs/heads/main", git(app, "commit-tree", "-p", "main", "-m", "x", "main^{tree}"))


def go_on(app: Path, command: str) -> None:
    """Commits the files as they stand and lets the operation go on."""
    git(app, "add", "--all")
    git(app, command, "--continue")


@pytest.mark.parametrize(
    ("kind", "commands"),
    [
        (Kind.REBASE, ["rebase main"]),
        (Kind.REBASE, ["rebase --apply main"]),
        (Kind.MERGE, ["merge main"]),
        (Kind.MERGE, ["merge --strategy ours main"]),
        (Kind.MERGE, ["checkout main", "merge feature"]),
        (Kind.MERGE, ["rebase main", "checkout main", "merge --ff-only feature"]),
        (Kind.PULL, ["pull --no-rebase . main"]),
        (Kind.PULL, ["pull --rebase . main"]),
        (Kind.ALIGN, ["reset --hard main"]),
        (Kind.CHERRY_PICK, ["cherry-pick main"]),
        (Kind.REVERT, ["revert --no-edit HEAD"]),
    ],
)
def test_what_git_did_is_confirmed(app: Path, verified: Verify, kind: Kind, commands: list[str]) -> None:
    claim = claimed(app, kind, lambda: [git(app, *command.split()) for command in commands])
    assert verified(claim) is None
    if kind in TOGETHER:
        assert verified(reported(claim)) is None


def test_a_mailed_patch_is_confirmed(app: Path, verified: Verify) -> None:
    patch = git(app, "format-patch", "--stdout", "-1", "main").encode() + b"\n"
    assert verified(claimed(app, Kind.AM, lambda: git(app, "am", "--quiet", stdin=patch))) is None


@pytest.mark.parametrize("kind", Kind)
def test_a_tool_that_did_nothing_is_refused(app: Path, verified: Verify, kind: Kind) -> None:
    claim = claimed(app, kind, nothing)
    refusal = "unchanged" if kind in PICKS else "not_contained"
    assert verified(claim) == refusal
    assert verified(claim._replace(evidence=None)) == refusal


def test_a_tool_that_did_nothing_is_refused_when_branches_have_not_moved_for_a_year(
    app: Path, verified: Verify
) -> None:
    git(app, "reflog", "expire", "--expire=now", "--all")
    claim = claimed(app, Kind.ALIGN, nothing)
    assert verified(claim) == verified(claim._replace(evidence=None)) == "not_contained"


@pytest.mark.parametrize("kind", Kind)
def test_what_was_not_needed_is_confirmed_only_if_it_is_so(app: Path, verified: Verify, kind: Kind) -> None:
    apart = claimed(app, kind, nothing, outcome=Outcome.NOT_NEEDED)
    assert verified(apart) == (None if kind in PICKS else "not_contained")
    git(app, "rebase", "main")
    assert verified(claimed(app, kind, nothing, outcome=Outcome.NOT_NEEDED)) is None


def test_a_rebase_onto_something_else_is_refused(app: Path, verified: Verify) -> None:
    assert verified(claimed(app, Kind.REBASE, lambda: git(app, "rebase", "other"))) == "not_contained"


def test_a_branch_that_was_only_behind_is_not_taken_for_merged_into_its_target(
    app: Path, verified: Verify
) -> None:
    git(app, "checkout", "--quiet", "-b", "behind", "main~1")
    for kind, said in ((Kind.REBASE, "not_contained"), (Kind.MERGE, UNKNOWN)):
        assert verified(claimed(app, kind, nothing, branch="behind")) == said


def test_what_stopped_halfway_is_refused(app: Path, verified: Verify) -> None:
    conflicting(app)
    stopped = claimed(app, Kind.REBASE, lambda: git(app, "rebase", "main", check=False))
    assert verified(stopped) == "in_progress"


@pytest.mark.parametrize("kind", [Kind.REBASE, Kind.MERGE, Kind.CHERRY_PICK])
def test_conflicts_that_were_committed_are_refused_and_resolved_ones_are_not(
    app: Path, verified: Verify, tmp_path: Path, git_runner: Git, kind: Kind
) -> None:
    conflicting(app)
    other = tmp_path / "resolved"
    shutil.copytree(app, other)

    def unresolved() -> None:
        git(app, kind, "main", check=False)
        go_on(app, kind)

    def resolved() -> None:
        git(other, kind, "main", check=False)
        (other / "shared").write_text("both\n")
        go_on(other, kind)

    assert verified(claimed(app, kind, unresolved)) == "conflict_markers"
    assert verify(git_runner, other, claimed(other, kind, resolved), 30) is None


def test_conflicts_that_were_merged_into_the_target_are_refused(app: Path, verified: Verify) -> None:
    conflicting(app)

    def unresolved() -> None:
        on(app, "main", "merge", "feature", check=False)
        go_on(app, "merge")

    claim = claimed(app, Kind.MERGE, unresolved)
    assert verified(claim) == "conflict_markers"
    # As it is recorded when nobody says which branch was merged.
    evidence = Evidence(git(app, "rev-parse", "main~1"), tip(app, "main"), tip(app, "main"), False)
    assert verified(claim._replace(branch="main", evidence=evidence)) == "conflict_markers"


def test_files_that_hold_conflicts_on_purpose_are_no_finding(app: Path, verified: Verify) -> None:
    write(app, "a-lesson", f"how to merge\n{CONFLICT}")
    write(app, "shared", f"feature\n{CONFLICT}")
    git(app, "checkout", "--quiet", "main")
    write(app, "shared", f"main\n{CONFLICT}")
    write(app, "another-lesson", CONFLICT)
    git(app, "checkout", "--quiet", "feature")

    def resolved() -> None:
        git(app, "merge", "main", check=False)
        (app / "shared").write_text(f"main\n{CONFLICT}feature\n{CONFLICT}")
        go_on(app, "merge")

    assert verified(claimed(app, Kind.MERGE, resolved)) is None


@pytest.mark.parametrize("kind", [Kind.CHERRY_PICK, Kind.PULL])
def test_a_file_about_conflicts_may_be_brought_in(app: Path, verified: Verify, kind: Kind) -> None:
    git(app, "checkout", "--quiet", "other")
    write(app, "a-lesson", CONFLICT)
    git(app, "checkout", "--quiet", "feature")
    arguments = ["cherry-pick", "other"] if kind is Kind.CHERRY_PICK else ["pull", "--rebase", ".", "other"]
    claim = claimed(app, kind, lambda: git(app, *arguments), target="other")
    assert verified(claim) is None
    assert verified(claim._replace(target="main", evidence=None)) != "conflict_markers"


def test_branches_that_moved_on_or_are_gone_change_nothing(app: Path, verified: Verify) -> None:
    claim = claimed(app, Kind.REBASE, lambda: git(app, "rebase", "main"))
    fake = claimed(app, Kind.REBASE, nothing, target="other")
    on(app, "main", "commit", "--allow-empty", "--quiet", "--message", "later")
    on(app, "other", "commit", "--allow-empty", "--quiet", "--message", "later")
    assert (verified(claim), verified(fake)) == (None, "not_contained")
    git(app, "branch", "-D", "feature")
    assert (verified(claim), verified(fake)) == (None, "not_contained")
    git(app, "branch", "-D", "main")
    assert verified(claim) is None
    assert verified(claim._replace(evidence=None)) == UNKNOWN


def test_a_target_that_moved_while_a_person_resolved_is_still_the_one_that_was_rebased_onto(
    app: Path, verified: Verify
) -> None:
    conflicting(app)

    def interrupted() -> None:
        git(app, "rebase", "main", check=False)
        push_to_main(app)
        (app / "shared").write_text("both\n")
        go_on(app, "rebase")

    claim = claimed(app, Kind.REBASE, interrupted)
    assert tip(app, "main") == (claim.evidence and claim.evidence.target_tip)
    assert verified(claim) is None
    assert verified(reported(claim)) is None


def test_a_target_that_moved_in_the_second_in_which_all_began_refuses_nothing(
    app: Path, verified: Verify
) -> None:
    push_to_main(app)
    fake = claimed(app, Kind.ALIGN, nothing)._replace(evidence=None)

    def rebase() -> None:
        git(app, "rebase", "main")
        push_to_main(app)

    real = claimed(app, Kind.REBASE, rebase)
    assert verified(fake) in (UNKNOWN, "not_contained")
    assert verified(real) is None
    assert verified(real._replace(evidence=None)) in (None, UNKNOWN)


def test_a_remote_branch_may_be_the_target(app: Path, verified: Verify) -> None:
    git(app, "update-ref", "refs/remotes/origin/main", "main")
    claim = claimed(app, Kind.REBASE, lambda: git(app, "rebase", "origin/main"), target="origin/main")
    assert verified(claim) is None
    assert verified(claim._replace(target="origin/none")) == UNKNOWN


def test_a_pull_brings_what_the_remote_had(app: Path, verified: Verify) -> None:
    git(app, "update-ref", "refs/remotes/origin/main", "main")
    push_to_main(app)
    claim = claimed(app, Kind.PULL, lambda: git(app, "rebase", "origin/main"))
    assert verified(claim) is None
    assert verified(claim._replace(kind=Kind.REBASE)) == "not_contained"
    assert verified(reported(claim)._replace(target="a\0b")) == UNKNOWN


def test_without_the_target_in_the_evidence_nothing_is_refused(app: Path, verified: Verify) -> None:
    claim = claimed(app, Kind.REBASE, lambda: git(app, "rebase", "other"))
    assert claim.evidence is not None
    without = claim.evidence._replace(target_tip=None, target_before=None)
    assert verified(claim._replace(evidence=without)) == UNKNOWN


@pytest.mark.parametrize("kind", Kind)
def test_what_git_was_seen_to_do_is_not_refused_by_reflogs_alone(
    app: Path, verified: Verify, kind: Kind
) -> None:
    seen = claimed(app, kind, nothing)._replace(evidence=None, source="trace2")
    assert verified(seen) == UNKNOWN


@pytest.mark.parametrize("target", ["", "feature"])
def test_without_a_target_a_branch_that_moved_is_confirmed(app: Path, verified: Verify, target: str) -> None:
    claim = claimed(app, Kind.REBASE, lambda: git(app, "rebase", "other"), target=target)
    assert verified(claim) is None
    idle = claimed(app, Kind.REBASE, nothing, target=target)
    assert verified(idle) == UNKNOWN
    assert verified(idle._replace(outcome=Outcome.NOT_NEEDED)) is None


@pytest.mark.parametrize("name", ["", "*", "--all", "x y", "main~1", "a\0b", "x\ny", "nowhere"])
def test_names_that_are_no_branches_are_unknown(app: Path, verified: Verify, name: str) -> None:
    claim = claimed(app, Kind.REBASE, nothing)._replace(branch=name, evidence=None)
    assert verified(claim) == UNKNOWN
    assert verified(claim._replace(kind=Kind.REVERT)) == UNKNOWN


@pytest.mark.parametrize("wrong", ["1" * 40, "--output=x", "main", "x\ny", ""])
@pytest.mark.parametrize("of_target", [False, True])
def test_commits_that_never_were_are_refused_and_those_that_may_be_pruned_are_unknown(
    app: Path, verified: Verify, of_target: bool, wrong: str
) -> None:
    claim = claimed(app, Kind.ALIGN, nothing)
    evidence = claim.evidence
    assert evidence is not None
    evidence = evidence._replace(target_tip=wrong) if of_target else evidence._replace(tip_after=wrong)
    fabricated = claim._replace(evidence=evidence)
    assert verified(fabricated) == "missing"
    old = time.time() - KEPT_SECONDS - 60
    assert verified(fabricated._replace(started=old, ended=old)) == UNKNOWN


def test_a_tip_that_was_pruned_after_the_operation_is_no_matter(app: Path, verified: Verify) -> None:
    claim = claimed(app, Kind.REBASE, lambda: git(app, "rebase", "main"))
    git(app, "reflog", "expire", "--expire=now", "--all")
    git(app, "prune", "--expire=now")
    assert verified(claim) is None
    assert verified(claim._replace(kind=Kind.CHERRY_PICK)) == UNKNOWN


def test_without_reflogs_only_the_evidence_refuses(app: Path, tmp_path: Path, git_runner: Git) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(app), str(bare))
    fake = claimed(app, Kind.ALIGN, nothing)
    assert fake.evidence is not None
    assert verify(git_runner, bare, fake, 30) == "not_contained"
    assert verify(git_runner, bare, fake._replace(kind=Kind.CHERRY_PICK), 30) == "unchanged"
    for evidence in (None, fake.evidence._replace(target_before=None)):
        assert verify(git_runner, bare, fake._replace(evidence=evidence), 30) == UNKNOWN
    assert verify(git_runner, bare, fake._replace(evidence=None, kind=Kind.REVERT), 30) == UNKNOWN
    git(bare, "update-ref", "refs/heads/feature", "main")
    assert verify(git_runner, bare, fake._replace(evidence=None), 30) is None


def test_history_that_was_cut_off_refuses_nothing(app: Path, tmp_path: Path, git_runner: Git) -> None:
    clone = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{app}", str(clone))
    git(clone, "branch", "main", "origin/main")
    fake = claimed(clone, Kind.ALIGN, nothing, branch="feature")
    assert verify(git_runner, clone, fake, 30) == UNKNOWN


def test_a_repository_that_is_gone_or_slow_cannot_be_asked(
    app: Path, tmp_path: Path, git_runner: Git
) -> None:
    claim = claimed(app, Kind.ALIGN, nothing)
    with pytest.raises(GitError, match="no such folder"):
        verify(git_runner, tmp_path / "gone", claim, 30)
    with pytest.raises(GitError, match="did not end"):
        verify(fake_git(tmp_path, "sleep 60"), app, claim, 0.2)


def test_asking_changes_nothing(app: Path, verified: Verify) -> None:
    conflicting(app)
    claims = [claimed(app, kind, nothing) for kind in Kind]
    before = {path: path.read_bytes() for path in app.rglob("*") if path.is_file()}
    for claim in claims:
        verified(claim)
        verified(claim._replace(evidence=None))
    assert {path: path.read_bytes() for path in app.rglob("*") if path.is_file()} == before


LINES = st.lists(st.sampled_from("abc"), max_size=4).map("\n".join)
WRITES = st.lists(
    st.tuples(st.sampled_from(["main", "feature"]), st.sampled_from(["x", "y", "a-lesson"]), LINES),
    max_size=4,
)
OPERATIONS = st.sampled_from(
    [
        (Kind.REBASE, "feature", "rebase main"),
        (Kind.MERGE, "feature", "merge main"),
        (Kind.MERGE, "main", "merge feature"),
        (Kind.CHERRY_PICK, "feature", "cherry-pick main"),
        (Kind.REVERT, "feature", "revert --no-edit HEAD"),
        (Kind.PULL, "feature", "pull --no-rebase . main"),
    ]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(WRITES, OPERATIONS, st.booleans()), min_size=1, max_size=3))
def test_a_real_success_is_never_refused(
    tmp_path_factory: pytest.TempPathFactory,
    git_runner: Git,
    story: list[tuple[list[tuple[str, str, str]], tuple[Kind, str, str], bool]],
) -> None:
    app = diverged(tmp_path_factory.mktemp("story"))
    for writes, (kind, checked_out, command), main_moves in story:
        for branch, path, content in writes:
            git(app, "checkout", "--quiet", branch)
            (app / path).write_text(CONFLICT + content if path == "a-lesson" else content)
            git(app, "add", "--all")
            git(app, "commit", "--quiet", "--allow-empty", "--message", "one more")
        git(app, "checkout", "--quiet", checked_out)
        ended_well: list[bool] = []
        work = partial(carry_through, app, command, main_moves, ended_well)
        claim = claimed(app, kind, work)
        git(app, "checkout", "--quiet", "--detach")
        if claim.evidence and claim.evidence.tip_before == claim.evidence.tip_after:
            claim = claim._replace(outcome=Outcome.NOT_NEEDED)
        if ended_well == [True]:
            assert verify(git_runner, app, claim, 30) in (None, UNKNOWN)
            assert verify(git_runner, app, claim._replace(evidence=None), 30) in (None, UNKNOWN)


def carry_through(app: Path, command: str, main_moves: bool, ended_well: list[bool]) -> None:
    """Does an operation and takes one side of each conflict, while somebody may push to ``main``."""
    verb = command.split()[0].replace("pull", "merge")
    done = succeeds(app, *command.split())
    while not done and in_progress(app):
        if main_moves and git(app, "branch", "--show-current") != "main":
            push_to_main(app)
        for path in git(app, "diff", "--name-only", "--diff-filter=U").splitlines():
            git(app, "checkout", "--theirs", "--", path, check=False)
        git(app, "add", "--all")
        done = succeeds(app, verb, "--continue") or (
            not git(app, "status", "--porcelain") and succeeds(app, verb, "--skip")
        )
    ended_well.append(done)


def succeeds(app: Path, *arguments: str) -> bool:
    with suppress(AssertionError):
        git(app, *arguments)
        return True
    return False
