"""Telling git where to write, with git's own configuration files."""

import os
import stat
from pathlib import Path

import pytest

from alignwatch.errors import UsageError
from alignwatch.git.command import Git, GitError
from alignwatch.tracking.trace import installation
from alignwatch.tracking.trace.folder import MOST_FILES
from alignwatch.tracking.trace.installation import Arrival, Installation, Scope

SOMEBODYS = """\
# mine
[user]
	name = Somebody
[core]
	editor = vi
"""


class World:
    """A user with a configuration, on a machine with one."""

    def __init__(self, root: Path) -> None:
        self.user, self.system = root / "user", root / "system"
        self.folder = root / "st'a \"te" / "trace2"
        self.user.write_text(SOMEBODYS)
        self.system.write_text("")

        self.environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": str(self.user),
            "GIT_CONFIG_SYSTEM": str(self.system),
        }

    def installation(self) -> Installation:
        return Installation(Git(environment=self.environment), self.folder)

    def tried_out(self, **variables: str) -> Arrival:
        return self.installation().try_out(Git(environment={**self.environment, **variables}, traced=True))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(installation, "PATIENCE_SECONDS", 0.0)
    return World(tmp_path)


@pytest.mark.parametrize("scope", Scope)
def test_what_is_installed_is_removed_without_a_trace(world: World, scope: Scope) -> None:
    made = world.installation()
    before = world.user.read_text(), world.system.read_text()
    assert made.targets() == ()
    assert made.install(scope)
    assert not made.install(scope)
    (target,) = made.targets()
    assert (target.scope, target.value) == (scope, f"{world.folder}/")
    assert made.is_ours(target)
    assert world.tried_out() == Arrival(arrives=True, read=False)
    assert made.uninstall(scope)
    assert not made.uninstall(scope)
    assert (world.user.read_text(), world.system.read_text()) == before
    assert world.tried_out() == Arrival(arrives=False, read=False)


def test_who_may_write_there(world: World) -> None:
    made = world.installation()
    made.install(Scope.GLOBAL)
    assert stat.S_IMODE(world.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(world.folder.parent.stat().st_mode) == 0o700
    assert made.closed_to_others() == world.folder
    made.install(Scope.SYSTEM)
    assert stat.S_IMODE(world.folder.stat().st_mode) == 0o1733
    assert made.closed_to_others() == world.folder.parent
    assert [target.scope for target in made.targets()] == ["system", "global"]
    world.folder.parent.chmod(0o711)
    assert made.closed_to_others() not in (world.folder, world.folder.parent)


@pytest.mark.parametrize("value", ["/elsewhere/", "af_unix:/run/somebody", "1"])
@pytest.mark.parametrize("scope", Scope)
def test_another_target_is_never_replaced(world: World, scope: Scope, value: str) -> None:
    for file in (world.user, world.system):
        text = f"[trace2]\n\teventTarget = {value}\n"
        file.write_text(text)
        with pytest.raises(UsageError, match=f"trace2.eventTarget is {value} already"):
            world.installation().install(scope)
        assert not world.installation().uninstall(scope)
        assert file.read_text() == text
        file.write_text("")
    assert not world.folder.exists()


def test_a_limit_of_ones_own_is_kept(world: World) -> None:
    text = "[trace2]\n\tmaxFiles = 7\n"
    world.user.write_text(text)
    made = world.installation()
    made.install(Scope.GLOBAL)
    assert str(MOST_FILES) not in world.user.read_text()
    made.uninstall(Scope.GLOBAL)
    assert world.user.read_text() == text


def test_the_folder_goes_with_the_last_who_wrote_there(world: World) -> None:
    made = world.installation()
    for scope in Scope:
        made.install(scope)
    made.uninstall(Scope.GLOBAL)
    assert world.folder.is_dir()
    made.uninstall(Scope.SYSTEM)
    assert not world.folder.exists()


def test_another_state_folders_events_stay(world: World) -> None:
    world.installation().install(Scope.GLOBAL)
    text = world.user.read_text()
    world.folder = world.folder.with_name("other")
    assert not world.installation().uninstall(Scope.GLOBAL)
    assert world.user.read_text() == text


def test_what_comes_before_the_configuration_is_noticed(world: World) -> None:
    world.installation().install(Scope.GLOBAL)
    assert world.tried_out(GIT_TRACE2_EVENT="0") == Arrival(arrives=False, read=False)


def test_a_folder_that_is_gone_gets_no_file_in_its_place(world: World) -> None:
    made = world.installation()
    made.install(Scope.GLOBAL)
    world.folder.rmdir()
    assert world.tried_out() == Arrival(arrives=False, read=False)
    assert not world.folder.exists()


def test_a_configuration_that_cannot_be_written_is_said(world: World) -> None:
    world.user.unlink()
    world.user.mkdir()
    with pytest.raises(GitError, match="git config ended with"):
        world.installation().install(Scope.GLOBAL)
