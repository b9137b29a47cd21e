from hypothesis import given
from hypothesis import strategies as st

from alignwatch.primaries.work import NOTHING, Sides, work_in

LINES = st.frozensets(st.integers(0, 30))


def test_a_line_counts_without_its_white_space_and_once() -> None:
    assert work_in([b"  value = 1\r\n", b"value=1", b"\tvalue =1\n"]) == work_in([b"value = 1\n"])
    assert len(work_in([b"value = 1\n", b"value = 2\n"])) == 2


def test_what_says_nothing_does_not_count() -> None:
    assert work_in([b"\n", b"}\n", b"); \n", b"--------\n", b"fi\n", "\u2014\u2014".encode()]) == NOTHING


def test_a_binary_file_has_no_lines_and_is_read_to_its_end() -> None:
    lines = iter([b"value = 1\n", b"\0\n", b"value = 2\n"])
    assert work_in(lines) == NOTHING
    assert list(lines) == []


@given(LINES, LINES, LINES)
def test_a_line_is_wanted_that_a_side_added_or_that_both_kept(
    base: frozenset[int], ours: frozenset[int], theirs: frozenset[int]
) -> None:
    wanted = Sides(base, ours, theirs).wanted
    for line in base | ours | theirs:
        if line in base:
            assert (line in wanted) == (line in ours and line in theirs)
        else:
            assert line in wanted
    assert wanted == Sides(base, theirs, ours).wanted


@given(LINES, LINES)
def test_where_one_side_did_nothing_the_other_is_wanted(base: frozenset[int], ours: frozenset[int]) -> None:
    assert Sides(base, ours, base).wanted == ours
