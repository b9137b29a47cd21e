"""How far one git process came, from its exit code and from what it did; its words may be translated."""

from alignwatch.operation import Kind
from alignwatch.tracking.trace.events import COMMIT, GitRun


def seconds_at_work(run: GitRun) -> float:
    """Its duration without the time in which somebody wrote in an editor."""
    return run.ended - run.started - run.editing


def sequencer_of(run: GitRun) -> str:
    """The command of git's that goes on with it, should it stop."""
    if run.name == Kind.PULL:
        return "rebase" if "rebase" in run.children else "merge"
    return run.name


def went_to_work(run: GitRun) -> bool:
    """Whether it came so far that it changed something, or would have."""
    sequencer = sequencer_of(run)
    if sequencer == "rebase":
        return "am" in run.children or not run.regions.isdisjoint(("merge", "prime_cache_tree"))
    if sequencer == "merge":
        strategy = any(child.startswith("merge-") and child != "merge-base" for child in run.children)
        return strategy or not run.regions.isdisjoint(("merge", "unpack_trees"))
    if sequencer == "am":
        return run.exit_code == 0 or run.children.get("mailsplit") == 0
    return run.exit_code in (0, 1)


def has_stopped(run: GitRun) -> bool:
    """Whether it is certain that it stopped for a person. Else git's files tell, while they are there."""
    if not run.exit_code:
        return False
    sequencer = sequencer_of(run)
    if sequencer == "merge":
        return run.exit_code == 1 and (went_to_work(run) or "stash" in run.children)
    if sequencer in ("cherry-pick", "revert"):
        return run.exit_code == 1 and not run.children.get(COMMIT)
    return went_to_work(run)
