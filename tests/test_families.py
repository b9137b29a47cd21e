import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from alignwatch.families import OTHER, FamilyNames, choose_families, family_of, word_of
from alignwatch.settings import Families


def test_the_word_before_the_first_separator() -> None:
    names = {"bolt/a-1": "bolt", "bolt-2": "bolt", "main": "main", "-odd": "odd", "--": "--"}
    assert {name: word_of(name) for name in names} == names


def test_the_largest_and_the_configured_and_no_loners() -> None:
    branches = ["a/1", "a/2", "a/3", "b/1", "b/2", "c/1", "c/2", "lonely"]
    assert choose_families(branches, ("rare",), 2) == {"rare", "a", "b"}
    assert choose_families(branches, ("a",), 10) == {"a", "b", "c"}
    assert family_of("c/9", frozenset({"a"})) == OTHER


@given(
    st.lists(st.text("abc-/", min_size=1, max_size=6)), st.integers(0, 5), st.randoms(use_true_random=False)
)
def test_bounded_and_the_same_in_any_order(branches: list[str], limit: int, shuffler: random.Random) -> None:
    chosen = choose_families(branches, ("always",), limit)
    assert len(chosen) <= limit + 1
    shuffled = branches[:]
    shuffler.shuffle(shuffled)
    assert choose_families(shuffled, ("always",), limit) == chosen


def test_a_family_with_a_name_keeps_it_until_another_is_clearly_larger() -> None:
    branches = ["a/1", "a/2", "b/1", "b/2", "b/3"]
    assert choose_families(branches, (), 1) == {"b"}
    assert choose_families(branches, (), 1, {"a"}) == {"a"}
    assert choose_families([*branches, "b/4"], (), 1, {"a"}) == {"b"}
    assert choose_families(["a/1", "c/1"], (), 1, {"a"}) == {"a"}
    assert choose_families(["c/1", "c/2"], (), 1, {"a"}) == {"c"}


@given(
    st.lists(st.lists(st.sampled_from(("a", "b", "c", "d")), max_size=12), min_size=2, max_size=8),
    st.integers(1, 3),
)
def test_hovering_sizes_change_nothing_and_the_number_stays_bounded(
    looks: list[list[str]], limit: int
) -> None:
    before: frozenset[str] = frozenset()
    for branches in looks:
        chosen = choose_families(branches, (), limit, before)
        assert len(chosen) <= limit
        assert choose_families(branches, (), limit, chosen) == chosen
        sizes = {word: branches.count(word) for word in "abcd"}
        for fallen in before - chosen:
            assert sizes[fallen] == 0 or all(sizes[one] > sizes[fallen] for one in chosen - before)
        before = chosen


def test_names_are_remembered_where_there_is_a_file(tmp_path: Path) -> None:
    file, settings = tmp_path / "cache" / "families.txt", Families(limit=1)
    few, many = ["é/1", "é/2", "b/1"], ["é/1", "é/2", "b/1", "b/2", "b/3"]
    assert FamilyNames(settings, file).choose(few) == {"é"}
    assert FamilyNames(settings, file).choose(many) == {"é"}
    assert FamilyNames(settings, None).choose(many) == {"b"}
    file.write_bytes(b"\xff")
    assert FamilyNames(settings, file).choose(many) == {"b"}
    file.unlink()
    file.mkdir()
    assert FamilyNames(settings, file).choose(few) == {"é"}
