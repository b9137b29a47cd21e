import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.git.call import GitCall, git_call


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("git rebase main", GitCall("rebase", None, ("main",))),
        ("/usr/lib/git-core/git merge --no-ff topic", GitCall("merge", None, ("--no-ff", "topic"))),
        ("git-rebase main", GitCall("rebase", None, ("main",))),
        ("git -C /srv/app -c user.name=merge pull --rebase", GitCall("pull", "/srv/app", ("--rebase",))),
        ("git -C /srv -C app --no-pager rebase", GitCall("rebase", "/srv/app")),
        ("git -C app rebase", GitCall("rebase", None)),
        ("git -C /srv -C /opt rebase", GitCall("rebase", "/opt")),
        ("git --git-dir=/srv/app.git --work-tree /srv/app am", GitCall("am", None)),
        ("git --git-dir merge status", GitCall("status", None)),
        ("git --exec-path", GitCall("", None)),
        ("git -C", GitCall("", None)),
        ("git", GitCall("", None)),
        ("gitk merge", None),
        ("vim .git/rebase-merge/git-rebase-todo", None),
        ("", None),
    ],
)
def test_a_call_of_git_is_known_by_its_subcommand(line: str, call: GitCall | None) -> None:
    assert git_call(line.split()) == call


@given(
    st.sampled_from(["git", "git-merge", "vim"]),
    st.lists(st.text() | st.sampled_from(["-C", "-c", "--git-dir", "-", "--", "merge"])),
)
def test_no_command_line_makes_it_fail(program: str, arguments: list[str]) -> None:
    git_call([program, *arguments])
