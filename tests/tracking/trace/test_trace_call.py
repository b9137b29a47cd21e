import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.tracking.trace.call import Action, Call, read_call


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("git rebase main", Call(Action.START, "main", "", True, True)),
        ("git rebase", Call(Action.START, "", "", True, True)),
        (
            "git -C /srv/app -c user.name=rebase rebase -i main topic",
            Call(Action.START, "main", "topic", True, True),
        ),
        ("git rebase --onto main old topic", Call(Action.START, "main", "topic", True, True)),
        ("git rebase --onto=main old", Call(Action.START, "main", "", True, True)),
        (
            "git rebase --exec 'make test' -X ours --strategy ort main",
            Call(Action.START, "main", "", True, True),
        ),
        ("git rebase -", Call(Action.START, "-", "", True, True)),
        ("git rebase --continue", Call(Action.GO_ON, "", "", True, True)),
        ("git rebase --skip", Call(Action.GO_ON, "", "", True, True)),
        ("git rebase --abort", Call(Action.GIVE_UP, "", "", True, True)),
        ("git rebase --quit", Call(Action.GIVE_UP, "", "", True, True)),
        ("git rebase --edit-todo", Call(Action.NONE, "", "", True, True)),
        ("git rebase --show-current-patch", Call(Action.NONE, "", "", True, True)),
        (
            "/usr/lib/git-core/git-merge -m --abort --no-ff topic",
            Call(Action.START, "topic", "", True, False),
        ),
        ("git merge --no-commit topic other", Call(Action.START, "topic", "", False, False)),
        ("git merge -- --abort", Call(Action.START, "--abort", "", True, False)),
        ("git pull", Call(Action.START, "", "", True, True)),
        ("git pull origin", Call(Action.START, "", "", True, True)),
        ("git pull --rebase --depth 1 origin main", Call(Action.START, "main", "", True, True)),
        ("git cherry-pick main~2 topic", Call(Action.START, "", "", True, True)),
        ("git cherry-pick main", Call(Action.START, "", "", True, False)),
        ("git cherry-pick main..topic", Call(Action.START, "", "", True, True)),
        ("git revert --no-edit HEAD", Call(Action.START, "", "", True, False)),
        ("git am -r", Call(Action.GO_ON, "", "", True, True)),
        ("git am --resolved", Call(Action.GO_ON, "", "", True, True)),
        ("git am patch", Call(Action.START, "", "", True, True)),
    ],
)
def test_command_lines(line: str, call: Call) -> None:
    command = shlex.split(line)
    kinds = {"rebase", "merge", "git-merge", "pull", "cherry-pick", "revert", "am"}
    name = next(word for word in line.replace("/", " ").split() if word in kinds).removeprefix("git-")
    assert read_call(name, command) == call


@given(st.text(), st.lists(st.text()))
def test_no_command_line_makes_it_fail(name: str, command: list[str]) -> None:
    read_call(name, command)
