"""Why a branch is in its state, since when, who else is concerned, and what to type."""

import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import json, structs

from alignwatch.explain.branch import BranchExplanation, explain_branch
from alignwatch.explain.terminal import branch_text
from alignwatch.explain.trial import Effort, Subject
from alignwatch.git.command import Git
from alignwatch.git.shadow import Shadow
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.settings import BranchSeries, Repository
from alignwatch.snapshot import BranchState
from alignwatch.state_dir import name_in_cache
from support.fake_git import fake_git
from support.repositories import ENVIRONMENT, Commit, everything_in, git, import_history, new_repository

BAD_BYTES = b"topic-\xff"
NO_NAMES = ("topic-\\xff", "-x", "HEAD")
"""They are checked out by the commit: they cannot be typed, or git refuses them."""
HOSTILE = ("odd;$(touch${IFS}made)", "it's&`x`|!y", "turned\u202eround", "@", *NO_NAMES)


@pytest.fixture
def app(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """``topic`` conflicts in ``a`` since m1 and in ``b`` since m3; ``rival`` changed ``a``, too."""
    made = new_repository(tmp_path / "app")
    files = dict.fromkeys("abcd", "0\n")
    history = [
        Commit("base", files=files),
        Commit("m0", ["base"], {"c": "m0\n"}),
        Commit("m1", ["m0"], {"a": "m1\n"}),
        Commit("m2", ["m1"], {"c": "m2\n"}),
        Commit("m3", ["m2"], {"b": "m3\n"}),
        Commit("upstream", ["m3"], {"d": "up\n", "a": "topic\n"}),
        Commit("topic", ["base"], {"a": "topic\n", "b": "topic\n", "d": "topic\n"}),
        Commit("rival", ["base"], {"a": "rival\n"}),
        Commit("clean", ["base"], {"e": "e\n"}),
        Commit("ahead", ["m3"], {"e": "e\n"}),
        Commit("alone", files={"z": "z\n"}),
    ]
    tips: dict[str | bytes, str] = {name: name for name in ("topic", "rival", "clean", "ahead", "alone")}
    tips |= {
        "main": "m3",
        "merged": "m1",
        "scientific": "rival",
        BAD_BYTES: "topic",
    }
    tips.update((name, "topic") for name in HOSTILE if "\\" not in name)
    return made, import_history(made, history, tips)


def settings(path: Path) -> Repository:
    return Repository(
        path=str(path),
        name="app",
        primaries=("main", "scientific"),
        never_merge=(("scientific", "main"),),
        protected=("kept*",),
        remotes=("origin",),
        branch_series=BranchSeries(active_days=36500),
    )


def subject(path: Path, runner: Git, name: str, repository: Repository | None = None) -> Subject:
    repository = repository or settings(path)
    probe = DivergenceProbe(runner, repository, 30)
    probe.read()
    measured = probe.latest()
    (branch,) = (one for one in measured.reading.branches if one.name == name)
    return Subject(repository=repository, measured=measured, branch=branch)


def effort(path: Path) -> Effort:
    return Effort(cache_dir=path.parent / "cache", others=50, seconds=60)


def explained(path: Path, runner: Git, name: str) -> BranchExplanation:
    return explain_branch(runner, subject(path, runner, name), effort(path))


def test_a_branch_that_conflicts(app: tuple[Path, dict[str, str]], git_runner: Git) -> None:
    path, ids = app
    before = everything_in(path)
    one = explained(path, git_runner, "topic")
    assert everything_in(path) == before
    assert (one.state, one.ahead, one.behind, one.unknown) == (BranchState.CONFLICTING, 1, 4, ())
    assert one.conflicts is not None
    assert {(file.path, file.since) for file in one.conflicts} == {("a", ids["m1"]), ("b", ids["m3"])}
    # rival and scientific are one commit; the latter is a primary.
    assert {file.path: file.also_changed_by for file in one.conflicts} == {"a": ("rival",), "b": ()}
    assert one.onset is not None
    assert one.onset.last_clean is not None
    assert (one.onset.commit.commit, one.onset.last_clean.commit) == (ids["m1"], ids["m0"])
    assert (one.onset.tried, one.onset.commits, one.onset.turns, one.onset.certain) == (4, 4, 1, True)
    assert (one.onset.commit.subject, one.onset.commit.author) == ("m1", "A")
    text = branch_text(one)
    for said in (
        "topic of app: conflicting against main",
        f"conflicts since {ids['m1'][:12]} of 2023-11-14T22:16:20Z by A: m1",
        "4 of 4 commits of main tried",
        "2 files in conflict",
    ):
        assert said in text


def test_the_commands_lead_where_they_say(app: tuple[Path, dict[str, str]], git_runner: Git) -> None:
    path, ids = app
    one = explained(path, git_runner, "topic")
    switch, up_to, onto, _ = one.next
    assert up_to.endswith("  # no conflict so far")
    results = []
    for command in (switch, up_to.partition("  #")[0], onto):
        words = shlex.split(command)
        words = words[words.index("--") + 1 :] if words[0] == "alignwatch" else words
        results.append(subprocess.run(words, env=ENVIRONMENT, capture_output=True, check=False).returncode)
    assert results == [0, 0, 1]
    assert set(git(path, "diff", "--name-only", "--diff-filter=U").split()) == {"a", "b"}
    assert git(path, "merge-base", "HEAD", "main") == ids["m0"]
    again = explained(path, git_runner, "topic")
    assert again.in_progress == (f"merge in {path}",)
    assert "in progress     merge in" in branch_text(again)
    # It is checked out now.
    assert again.next[0].startswith("alignwatch track")


def test_a_work_tree_whose_name_is_no_text(app: tuple[Path, dict[str, str]], git_runner: Git) -> None:
    path, _ = app
    folder = path.parent / "caf\udce9"
    git(path, "worktree", "add", "--quiet", str(folder), "topic")
    git(folder, "merge", "main", check=False)
    one = explained(path, git_runner, "topic")
    assert one.in_progress == (f"merge in {path.parent}/caf\\xe9",)
    assert json.decode(json.encode(one))["next"] == list(one.next)
    git(folder, "merge", "--abort")
    *_, command, _ = one.next
    assert run(path, command).returncode == 1
    assert explained(path, git_runner, "topic").in_progress == one.in_progress


def test_what_a_newer_target_would_change(app: tuple[Path, dict[str, str]], git_runner: Git) -> None:
    path, ids = app
    git(path, "update-ref", "refs/remotes/origin/main", ids["upstream"])
    (newer,) = explained(path, git_runner, "topic").newer_targets
    assert (newer.commit.commit, newer.new_commits, newer.clean) == (ids["upstream"], 1, False)
    assert (newer.more, newer.fewer) == (("d",), ("a",))
    text = branch_text(explained(path, git_runner, "topic"))
    assert "a remote's main has 1 commit more" in text
    assert "1 file more in conflict: d" in text
    assert "1 file fewer in conflict: a" in text
    (clean,) = explained(path, git_runner, "clean").newer_targets
    assert (clean.clean, clean.more, clean.fewer) == (True, (), ())


@pytest.mark.parametrize(
    ("name", "state", "why", "command"),
    [
        ("clean", "clean", "they merge without a conflict", "switch clean"),
        (
            "ahead",
            "aligned",
            "it has 1 commit that main lacks, and all of main's",
            "log --oneline main..ahead",
        ),
        ("merged", "merged", "main has all of it", "branch --delete --force -- merged"),
        ("main", "merged", "it is a primary, and others are aligned to it", None),
        ("alone", "orphan", "it shares no history with main", "--max-parents=0 alone main"),
        ("scientific", "apart", "it is never to be merged with main", "--left-right main...scientific"),
    ],
)
def test_every_other_state(
    app: tuple[Path, dict[str, str]], git_runner: Git, name: str, state: str, why: str, command: str | None
) -> None:
    one = explained(app[0], git_runner, name)
    assert (one.state.value, why in one.why, one.onset) == (state, True, None)
    assert (command or "") in "\n".join(one.next)
    assert bool(one.next) == (command is not None)
    assert branch_text(one).startswith(f"{name} of app: {state} against main")


def test_a_target_that_is_missing(app: tuple[Path, dict[str, str]], git_runner: Git) -> None:
    repository = Repository(path=str(app[0]), name="app", primaries=("gone",))
    one = explain_branch(git_runner, subject(app[0], git_runner, "topic", repository), effort(app[0]))
    assert (one.state, one.why) == (BranchState.UNKNOWN, "there is no branch gone to compare it with")
    assert one.next == ("alignwatch doctor repositories",)


def run(path: Path, command: str) -> subprocess.CompletedProcess[bytes]:
    """As somebody types it, with an ``alignwatch`` that does what it is told to track."""
    said = f'alignwatch() {{ [ $1 = branches ] || "${{@:5}}"; }}; {command}'
    return subprocess.run(
        ["bash", "-c", said], cwd=path.parent, env=ENVIRONMENT, capture_output=True, check=False
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_data(app: tuple[Path, dict[str, str]], git_runner: Git, name: str) -> None:
    path, ids = app
    for ref in (name, "main"):
        # A tag of the same name, which git takes where either may be meant.
        git(path, "tag", "-f", ref, "alone", check=False)
    one = explained(path, git_runner, name)
    assert (one.branch, one.state, len(one.next)) == (name, BranchState.CONFLICTING, 4)
    assert all(command.isprintable() for command in one.next)
    assert [run(path, command).returncode for command in one.next] == [0, 0, 1, 0]
    assert (
        git(path, "rev-parse", "MERGE_HEAD", "ORIG_HEAD") == f"{ids['m3']}\n{git(path, 'rev-parse', 'HEAD')}"
    )
    on = git(path, "symbolic-ref", "--quiet", "HEAD", check=False)
    assert on == ("" if name in NO_NAMES else f"refs/heads/{name}")
    assert list(path.parent.glob("made*")) == []


@pytest.mark.parametrize("name", ["ahead", "-ahead", "ah\u202eead", "HEAD"])
def test_what_a_branch_has_is_shown_for_hostile_names_too(
    app: tuple[Path, dict[str, str]], git_runner: Git, name: str
) -> None:
    path, ids = app
    git(path, "update-ref", f"refs/heads/{name}", ids["ahead"])
    for tag in ("ahead", "main"):
        git(path, "tag", tag, "alone")
    (command,) = explained(path, git_runner, name).next
    assert run(path, command).stdout.decode() == f"{ids['ahead'][:7]} ahead\n"


@pytest.mark.parametrize("name", ["merged", "-merged", "a;b", "mer\u202eged", "HEAD"])
def test_what_is_merged_can_be_deleted_whatever_it_is_called(
    app: tuple[Path, dict[str, str]], git_runner: Git, name: str
) -> None:
    path, ids = app
    git(path, "update-ref", f"refs/heads/{name}", ids["m1"])
    git(path, "tag", "merged", "alone")
    (command,) = explained(path, git_runner, name).next
    git(path, "switch", "--quiet", "--detach", "refs/tags/merged")
    before = set(git(path, "for-each-ref", "--format=%(refname)").splitlines())
    git(path, "update-ref", f"refs/heads/{name}", ids["topic"])
    assert run(path, command).returncode == 1, "it has gone on"
    git(path, "update-ref", f"refs/heads/{name}", ids["m1"])
    assert run(path, command).returncode == 0
    assert before - set(git(path, "for-each-ref", "--format=%(refname)").splitlines()) == {
        f"refs/heads/{name}"
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bare_repository_gets_a_work_tree(
    app: tuple[Path, dict[str, str]], tmp_path: Path, git_runner: Git, name: str
) -> None:
    _, ids = app
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(app[0]), str(bare))
    one = explained(bare, git_runner, name)
    words = shlex.split(one.next[0])
    assert words[:5] == ["git", "-C", str(bare), "worktree", "add"]
    assert re.fullmatch(r"work-[A-Za-z0-9.-]*", Path(words[5]).name)
    assert [run(tmp_path, command).returncode for command in one.next] == [0, 0, 1, 0]
    assert git(Path(words[5]), "rev-parse", "MERGE_HEAD") == ids["m3"]


def test_somebody_else_who_asks_and_a_git_that_fails_are_said(
    app: tuple[Path, dict[str, str]], git_runner: Git
) -> None:
    path, ids = app
    folder = path.parent / "cache" / name_in_cache("on-demand", path)
    with Shadow(folder, path).opened(ids["topic"]):
        one = explained(path, git_runner, "topic")
    assert (one.state, one.conflicts) == (BranchState.BEHIND, None)
    assert "in use by another process" in one.unknown[0]
    assert "whether they conflict could not be found out" in one.why
    assert "not found out\n  " in branch_text(one)
    about = subject(path, git_runner, "topic")
    failing = fake_git(path.parent, 'case "$*" in *" log "*) exit 3;; *) exec git "$@";; esac')
    found = explain_branch(failing, about, effort(path))
    assert (found.state, found.tip, found.onset) == (BranchState.CONFLICTING, None, None)
    assert "ended with" in found.unknown[0]
    assert "tip             ?" in branch_text(found)


def test_when_it_came_and_went_and_not_all_was_tried_that_is_said(
    app: tuple[Path, dict[str, str]], git_runner: Git
) -> None:
    one = explained(app[0], git_runner, "topic")
    assert one.onset is not None
    assert one.conflicts is not None
    onset = structs.replace(one.onset, certain=False, turns=3, last_clean=None)
    many = tuple(structs.replace(one.conflicts[0], path=f"f{n}", since=None) for n in range(50))
    text = branch_text(structs.replace(one, onset=onset, conflicts=many))
    assert "clean until     nothing of what it lacks" in text
    assert "try a longer --timeout; it changed between clean and conflicting 3 times" in text
    assert "and 10 more: add --json" in text


def test_an_unknown_state_says_why(app: tuple[Path, dict[str, str]], git_runner: Git) -> None:
    about = subject(app[0], git_runner, "topic")
    measured = replace(about.measured, reading=replace(about.measured.reading, problem="a commit is missing"))
    broken = replace(about, measured=measured, branch=replace(about.branch, state=BranchState.UNKNOWN))
    one = explain_branch(git_runner, broken, effort(app[0]))
    assert (one.why, one.unknown) == ("it could not be compared", ("a commit is missing",))
