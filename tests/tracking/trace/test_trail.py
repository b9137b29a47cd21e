"""What is found in a log of HEAD whose moves all lie in one second, as scripts make them."""

from itertools import count

from alignwatch.git.head_log import Move
from alignwatch.tracking.trace.trail import Log, Trail, trail_of_failure, trail_of_none, trail_of_success

NOW = 1_700_000_000


def log(*messages: str, time: int = NOW) -> list[Move]:
    """Moves between commits ``0``, ``1`` ...; each line is one byte long."""
    return [
        Move(str(n), str(n + 1), time, message, n + 1) for n, message in zip(count(), messages, strict=False)
    ]


SPAN = (NOW + 0.2, NOW + 0.4)


def success(sequencer: str, moves: list[Move], claimed: int = 0, *, stopped: bool = False) -> Trail:
    return trail_of_success(Log(moves, claimed, "here"), sequencer, *SPAN, stopped=stopped)


def failure(sequencer: str, moves: list[Move], claimed: int = 0) -> Trail:
    return trail_of_failure(Log(moves, claimed, "here"), sequencer, *SPAN)


def none(moves: list[Move], claimed: int = 0) -> Trail:
    return trail_of_none(Log(moves, claimed, "here"), *SPAN)


REBASE = ("rebase (start): checkout main", "rebase (pick): a", "rebase (finish): returning to refs/heads/x")


def test_a_rebase_tells_all() -> None:
    trail = Trail("0", "3", onto="1", branch="x", concluded=True, end=3)
    assert success("rebase", log(*REBASE)) == trail
    assert success("rebase", log(*REBASE, *REBASE)) == trail
    assert success("rebase", log(*REBASE, *REBASE), claimed=3) == Trail("3", "6", "4", "x", True, 6)
    assert success("rebase", log(REBASE[0], *REBASE)) == Trail("1", "4", "2", "x", True, 4)
    assert success("rebase", log("rebase (abort): returning to refs/heads/y", *REBASE)).onto == "2"
    assert success("rebase", log(REBASE[0])) == Trail(branch="here")
    pull = [message.replace("rebase", "pull --rebase . main", 1) for message in REBASE]
    assert success("rebase", log(*pull)) == trail


def test_a_merge_moves_once() -> None:
    moves = log("merge a: Fast-forward", "pull . b: Merge made by the 'ort' strategy.")
    assert success("merge", moves) == Trail("0", "1", onto="1", branch="here", concluded=False, end=1)
    assert success("merge", moves, claimed=1) == Trail("1", "2", branch="here", end=2)
    assert success("merge", moves, claimed=2) == Trail(branch="here", end=2)
    assert success("merge", log("pull --rebase . b (start): checkout b")).tip_after is None


def test_picks_are_one_after_another() -> None:
    moves = log("cherry-pick: a", "cherry-pick: b", "reset: moving to HEAD~1", "cherry-pick: c")
    assert success("cherry-pick", moves) == Trail("0", "2", branch="here", end=2)
    assert success("cherry-pick", moves, claimed=2) == Trail("3", "4", branch="here", end=4)
    assert success("am", log("am --abort", "am: a")) == Trail("1", "2", branch="here", end=2)


def test_one_that_stopped_is_known_by_the_commit_that_concluded_it() -> None:
    moves = log("merge other: Fast-forward", "commit (merge): resolved")
    assert success("merge", moves, stopped=True) == Trail("1", "2", branch="here", concluded=True, end=2)
    picks = log("cherry-pick: a", "commit (cherry-pick): b")
    assert success("cherry-pick", picks, stopped=True) == Trail("0", "2", None, "here", True, 2)


def test_what_was_given_up_claims_no_more_than_that() -> None:
    assert failure("rebase", log(REBASE[0], "rebase (abort): returning to refs/heads/y")).branch == "y"
    assert failure("rebase", log(REBASE[0], *REBASE)) == Trail("0", "1", "1", "x", False, 1)
    assert failure("rebase", log("checkout: moving from a to b")) == Trail()
    moves = log("reset: moving to HEAD", "checkout: moving from topic to b", "merge a: Fast-forward")
    for sequencer in ("merge", "cherry-pick", "revert"):
        assert failure(sequencer, moves) == Trail(branch="topic", end=1)
    assert failure("am", log("am --abort", "am: next")) == Trail(branch="here", end=1)
    assert failure("merge", log("merge a: Fast-forward")) == Trail(branch="here")


def test_the_branch_is_the_one_that_was_left_first_afterwards() -> None:
    away = "checkout: moving from topic to elsewhere"
    assert success("merge", log("merge a: x", away, "checkout: moving from b to c")).branch == "topic"
    assert success("merge", log("merge a: x", *REBASE)).branch == "x"
    assert success("merge", log("merge a: x", f"checkout: moving from {'a' * 40} to c")).branch == ""
    assert success("am", log("am: a", "am: b", away)).branch == "topic"


def test_what_cannot_be_told_is_unknown() -> None:
    moves = log("checkout: moving from a to b")
    assert none(moves) == success("merge", moves) == Trail(branch=None, end=0)
    assert none(moves, claimed=1).branch == "here"
    assert none(log("checkout: moving from a to b", time=NOW + 1)).branch == "a"
    assert none(log("checkout: moving from a to b", time=NOW - 1)).branch == "here"


def test_moves_of_another_time_are_somebody_elses() -> None:
    for time in (NOW - 1, NOW + 1):
        assert success("merge", log("merge a: Fast-forward", time=time)).tip_after is None
