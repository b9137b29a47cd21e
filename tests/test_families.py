import random

from hypothesis import given
from hypothesis import strategies as st

from alignwatch.families import OTHER, choose_families, family_of, word_of


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
