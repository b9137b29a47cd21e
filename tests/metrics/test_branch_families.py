"""Samples of branches that say more than how many there are."""

from dataclasses import replace

from alignwatch.metrics.branch_families import add_branches
from alignwatch.metrics.samples import Samples
from alignwatch.settings import Repository
from alignwatch.snapshot import Author, BranchState, DivergenceReading, NeverMerge, Reading
from support.readings import COLLISIONS, DIVERGENCE, branch, good, snapshot

REPOSITORY = Repository(path="/srv/app", primaries=("main", "scientific"))


def samples_of(*readings: Reading) -> dict[str, dict[tuple[str, ...], float]]:
    """By metric, without its prefix and the repository."""
    samples = Samples()
    add_branches(samples, snapshot(*(good(reading, "app") for reading in readings)), REPOSITORY)
    return {
        family.name.removeprefix("alignment_"): {
            tuple(list(sample.labels.values())[1:]): sample.value for sample in family.samples
        }
        for family in samples.families()
    }


def test_who_made_the_last_commits() -> None:
    one, other = (branch(name, BranchState.BEHIND, 1, 1) for name in ("a/1", "a/2"))
    unknown = branch("a/3", BranchState.UNKNOWN, None, None)
    reading = DivergenceReading(
        (replace(one, author=Author.BOT), replace(other, author=Author.BOT), unknown), ignored=0
    )
    assert samples_of(reading)["branches_by_author"] == {("main", "person"): 0, ("main", "bot"): 2}
    assert "branches_by_author" not in samples_of(DivergenceReading((unknown,), ignored=0))


def test_primaries_that_are_apart_are_in_no_distribution_and_have_no_series_of_their_own() -> None:
    scientific = branch("scientific", BranchState.APART, 900, 1500)
    behind = branch("scientific/x", BranchState.BEHIND, 1, 7)
    pairs = (NeverMerge("scientific", "main", 900, 1500), NeverMerge("gone", "main", None, None))
    samples = samples_of(DivergenceReading((scientific, behind), ignored=0, never_merge=pairs))
    assert samples["branches"]["main", "scientific", "apart"] == 1
    assert set(samples["branches_revisions_behind"].values()) == {7}
    assert {name for name, *_ in samples["branch_revisions_delta"]} == {"scientific/x"}
    assert samples["branches_active"] == {(): 1}
    assert samples["never_merge_revisions_delta"] == {
        ("scientific", "main", "ahead"): 900,
        ("scientific", "main", "behind"): 1500,
    }


def test_collisions_are_counted_when_all_pairs_were_tried() -> None:
    samples = samples_of(DIVERGENCE, COLLISIONS)
    assert samples["branch_collisions"] == {(): 1}
    assert samples["collision_pairs"] == {("done",): 4, ("pending",): 0, ("failed",): 1}
    assert samples["branch_collision_partners"] == {("bolt/a", "main"): 1}, "the other is not active"
    partly = samples_of(DIVERGENCE, replace(COLLISIONS, pending=1))
    assert "branch_collisions" not in partly
    assert partly["collision_pairs"]["pending",] == 1


def test_branches_whose_conflicts_grew_are_counted_by_target() -> None:
    grown = [
        replace(branch(name, BranchState.CONFLICTING, 1, 1), conflict_growth=growth, target=target)
        for name, growth, target in (("a", 3, "main"), ("b", 0, "main"), ("c", -2, "x"), ("d", None, "y"))
    ]
    samples = samples_of(DivergenceReading(tuple(grown), ignored=0))
    assert samples["branches_conflict_growth"] == {("main",): 1, ("x",): 0}
