"""Random graphs of commits, for properties that must hold of every history."""

from hypothesis import strategies as st

from support.repositories import EPOCH, Commit


@st.composite
def histories(draw: st.DrawFn, most: int = 14) -> list[Commit]:
    """Several roots, merges of any two, criss-cross among them, clocks that go back."""
    size = draw(st.integers(2, most))
    commits: list[Commit] = []
    for number in range(size):
        names = [commit.name for commit in commits]
        count = min(len(names), draw(st.sampled_from([0, 1, 1, 1, 2, 2])))
        parents = draw(st.permutations(names))[:count] if names else []
        when = EPOCH + draw(st.integers(-5, 5)) * 60
        commits.append(Commit(f"c{number}", list(parents), when=when))
    return commits
