"""The tally against a loop over the bits of every mask."""

from hypothesis import given
from hypothesis import strategies as st

from alignwatch.git.tally import Tally, bits

TIPS = 200
"""More than are looped over, so that operations on all of them at once are among what is tried."""


@st.composite
def masks(draw: st.DrawFn) -> list[int]:
    """Neighbours that differ by a few bits, and now and then by many."""
    mask = draw(st.integers(0, 2**TIPS - 1))
    found = []
    for _ in range(draw(st.integers(0, 30))):
        match draw(st.sampled_from(("same", "few", "few", "one", "any"))):
            case "few":
                for tip in draw(st.lists(st.integers(0, TIPS - 1), max_size=5)):
                    mask ^= 1 << tip
            case "one":
                mask = 1 << draw(st.integers(0, TIPS - 1))
            case "any":
                mask = draw(st.integers(0, 2**TIPS - 1))
        found.append(mask)
    return found


@given(masks())
def test_it_counts_what_a_loop_counts(added: list[int]) -> None:
    tally = Tally(TIPS)
    for mask in added:
        tally.add(mask)
    assert tally.totals() == [sum(mask >> tip & 1 for mask in added) for tip in range(TIPS)]
    assert tally.commits == len(added)


@given(st.sets(st.integers(0, 300)))
def test_the_bits_of_a_mask(numbers: set[int]) -> None:
    assert list(bits(sum(1 << number for number in numbers))) == sorted(numbers)
