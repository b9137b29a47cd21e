from pathlib import Path

import pytest

from alignwatch.git.command import Git
from alignwatch.git.refs import is_refused, read_branches, unmistakable
from support.repositories import git, import_history, linear


def test_names_that_are_no_utf8_or_look_like_options_survive(repository: Path, git_runner: Git) -> None:
    hostile = {
        b"caf\xe9": "caf\\xe9",
        b"--output=x": "--output=x",
        b'quote"and{brace}': 'quote"and{brace}',
        b"<script>alert(1)</script>\"'{{7+7}}": "<script>alert(1)</script>\"'{{7+7}}",
        "zürich".encode(): "zürich",
    }
    import_history(repository, linear("z", 1), dict.fromkeys(hostile, "z0"))
    refs = read_branches(git_runner, repository, 10)
    assert {ref.name: ref.text for ref in refs.branches if ref.name in hostile} == hostile


def test_a_ref_to_a_missing_object_is_listed_and_an_empty_one_is_broken(
    repository: Path, git_runner: Git
) -> None:
    heads = repository / ".git" / "refs" / "heads"
    (heads / "nowhere").write_text("1" * 40 + "\n")
    (heads / "empty").write_text("")
    refs = read_branches(git_runner, repository, 10)
    assert "nowhere" in {ref.text for ref in refs.branches}
    assert refs.broken == ("refs/heads/empty",)


def test_an_empty_repository_has_none(tmp_path: Path, git_runner: Git) -> None:
    git(tmp_path, "init", "--quiet")
    assert read_branches(git_runner, tmp_path, 10).branches == ()


def test_a_branch_is_named_as_short_as_nothing_else_is(repository: Path, git_runner: Git) -> None:
    number = git(repository, "rev-parse", "main")
    tips: dict[str | bytes, str] = dict.fromkeys(
        ["-x", "@", "HEAD", number, "caf\u202eé", "twin", b"\xff"], "z0"
    )
    import_history(repository, linear("z", 1), tips)
    for tag in ("main", "twin"):
        git(repository, "tag", tag, "orphan")
    git(repository, "update-ref", "refs/remotes/origin/topic", "orphan")
    names = ["main", "fix-aligned", "twin", "-x", "@", "HEAD", number, "caf\u202eé"]
    found = unmistakable(git_runner, repository, [*names, "gone", "origin/topic", "a\0b"], 10)
    assert found == {
        "main": "heads/main",
        "fix-aligned": "fix-aligned",
        "twin": "heads/twin",
        "-x": "refs/heads/-x",
        "@": "refs/heads/@",
        "HEAD": "heads/HEAD",
        number: f"refs/heads/{number}",
        "caf\u202eé": "caf\u202eé",
    }
    for name, said in found.items():
        wanted = git(repository, "for-each-ref", "--format=%(objectname)", f"refs/heads/{name}")
        assert git(repository, "rev-parse", "--verify", said) == wanted


def test_what_git_makes_no_branch_of(repository: Path) -> None:
    for name in ("-x", "HEAD", "@", "x-", "a;b", "HEAD2"):
        made = git(repository, "branch", "--", name, "main", check=False)
        assert (made == "" and f"refs/heads/{name}" not in git(repository, "for-each-ref")) == is_refused(
            name
        )


def remote_branch(repository: Path, name: str, commit: str = "main") -> None:
    git(repository, "update-ref", f"refs/remotes/{name}", commit)


def named(repository: Path, git_runner: Git, *remotes: str) -> dict[str, tuple[str | None, str]]:
    branches = read_branches(git_runner, repository, 10, remotes).branches
    return {ref.text: (ref.remote, ref.plain) for ref in branches}


def test_branches_of_remotes_are_listed_when_asked_for_and_their_head_is_none(
    repository: Path, git_runner: Git
) -> None:
    remote_branch(repository, "origin/topic/a")
    remote_branch(repository, "upstream/main")
    git(repository, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/topic/a")
    own = named(repository, git_runner)
    assert {remote for remote, _ in own.values()} == {None}
    assert named(repository, git_runner, "origin") == {**own, "origin/topic/a": ("origin", "topic/a")}
    assert named(repository, git_runner, "upstream", "nowhere") == {
        **own,
        "upstream/main": ("upstream", "main"),
    }


def test_a_branch_here_keeps_its_name_and_a_remotes_of_the_same_name_gets_another(
    repository: Path, git_runner: Git
) -> None:
    git(repository, "branch", "origin/topic", "orphan")
    git(repository, "branch", "remotes/origin/topic", "orphan")
    remote_branch(repository, "origin/topic")
    refs = read_branches(git_runner, repository, 10, ("origin",))
    tips = {ref.text: ref.oid for ref in refs.branches}
    assert len(tips) == len(refs.branches)
    main, orphan = git(repository, "rev-parse", "main", "orphan").split()
    assert tips["origin/topic"] == tips["remotes/origin/topic"] == orphan
    assert tips["remotes/remotes/origin/topic"] == main


def test_a_remote_whose_name_begins_like_another_ones(repository: Path, git_runner: Git) -> None:
    remote_branch(repository, "team/x/topic")
    remote_branch(repository, "team/y")
    remote_branch(repository, "team/x/HEAD")
    found = named(repository, git_runner, "team", "team/x")
    assert found["team/x/topic"] == ("team/x", "topic")
    assert found["team/y"] == ("team", "y")
    assert "team/x/HEAD" not in found


@pytest.mark.parametrize("remote", ["*", "-x", "--all", "or*", "../heads"])
def test_a_remote_of_a_hostile_name_is_no_pattern_and_no_option(
    repository: Path, git_runner: Git, remote: str
) -> None:
    remote_branch(repository, "origin/topic")
    assert named(repository, git_runner, remote) == named(repository, git_runner)


def test_replaced_objects_are_told_apart_from_branches(repository: Path, git_runner: Git) -> None:
    far, main = git(repository, "rev-parse", "feature/far", "main").split()
    before = read_branches(git_runner, repository, 10)
    git(repository, "replace", far, main)
    after = read_branches(git_runner, repository, 10)
    assert (before.replaced, after.replaced) == ((), (f"{main} refs/replace/{far}",))
    assert before.branches == after.branches
