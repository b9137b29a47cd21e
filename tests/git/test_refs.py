from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.git.refs import read_branches
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
