from pathlib import Path

import pytest

from alignwatch.journal.claims import Claim
from alignwatch.journal.reading import UnverifiedTotal
from alignwatch.journal.store import Journal
from alignwatch.operation import SUCCESSFUL, Evidence, Outcome
from support.journals import NOW, operation, query

EVIDENCE = Evidence("1" * 40, None, "3" * 40, left_in_progress=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Journal:
    return Journal(path)


def test_what_says_that_it_succeeded_claims_it_until_that_is_settled(journal: Journal) -> None:
    for outcome in Outcome:
        journal.record(operation(outcome.value, outcome=outcome))
    claims = journal.claims(10)
    assert {claim.operation_id for claim in claims} == SUCCESSFUL
    for claim in claims:
        journal.settle(claim, None)
    assert journal.claims(10) == ()
    assert journal.read(300, NOW).unverified == ()


def test_the_newest_operations_tell_what_became_of_their_claims(journal: Journal) -> None:
    journal.record(operation("confirmed"))
    journal.record(operation("refused", started=NOW - 3))
    journal.record(operation("failed", started=NOW - 4, outcome=Outcome.FAILED))
    confirmed, refused = sorted(journal.claims(10), key=lambda claim: claim.operation_id)
    journal.settle(confirmed, None)
    journal.settle(refused, "missing")
    journal.record(operation("open", started=NOW - 5))
    newest = journal.read(300, NOW).newest
    assert [(one.operation_id, one.branch, one.claim) for one in newest] == [
        ("confirmed", "feature/x", "confirmed"),
        ("refused", "feature/x", "missing"),
        ("failed", "feature/x", None),
        ("open", "feature/x", "open"),
    ]


def test_a_claim_holds_what_is_needed_to_verify_it(journal: Journal) -> None:
    journal.record(operation("a", evidence=EVIDENCE))
    journal.record(operation("b", evidence=None))
    known = Claim("app", "a", "rebase", "feature/x", "main", "success", NOW - 2, NOW, "track", EVIDENCE)
    assert journal.claims(10) == (known, known._replace(operation_id="b", evidence=None))


def test_refusals_are_counted_once_and_for_good(journal: Journal, path: Path) -> None:
    for number in range(3):
        journal.record(operation(f"o{number}", target="main"))
    journal.record(operation("other", target="scientific"))
    for claim in journal.claims(10):
        for _ in range(2):
            journal.settle(claim, "conflict_markers")
        journal.settle(claim, None)
    expected = (
        UnverifiedTotal("app", "rebase", "main", "conflict_markers", 3),
        UnverifiedTotal("app", "rebase", "scientific", "conflict_markers", 1),
    )
    assert journal.read(300, NOW).unverified == expected
    journal.prune(NOW + 1)
    assert journal.read(300, NOW).unverified == expected
    assert journal.read(300, NOW).totals[0].number == 3


def test_the_oldest_claims_come_first_and_no_repository_hides_another(journal: Journal) -> None:
    for number in range(9):
        journal.record(operation(f"many-{number}", repository="broken", started=NOW - number))
    journal.record(operation("one", started=NOW + 5))
    assert [claim.operation_id for claim in journal.claims(2)] == ["many-8", "many-7", "one"]


def test_a_claim_that_was_pruned_meanwhile_counts_nothing(journal: Journal) -> None:
    journal.record(operation())
    (claim,) = journal.claims(1)
    journal.prune(NOW + 1)
    journal.settle(claim, "conflict_markers")
    assert journal.read(300, NOW).unverified == ()


def test_settling_keeps_what_git_said(journal: Journal, path: Path) -> None:
    for name in ("good", "bad"):
        journal.record(operation(name))
    good, bad = journal.claims(2)
    journal.settle(good, None)
    journal.settle(bad, "not_an_ancestor")
    assert dict(query(path, "SELECT operation_id, claim FROM operations")) == {
        good.operation_id: "confirmed",
        bad.operation_id: "not_an_ancestor",
    }
