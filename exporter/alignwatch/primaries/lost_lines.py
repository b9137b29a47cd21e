"""Do merges lack work that they should have brought or kept?

Each new merge, wherever in the new history, is done once more as git does it without help. Where the trees
are the same, nothing is lost that git did not lose itself. Where they differ, somebody decided; and then

- a file without conflicts should hold the lines that git's merge gave it;
- a file with conflicts should hold the lines that a side added since the merge base, and those that were in
  the base and that both sides kept.

A line is lost if it should be there and is in none of the files that were decided about, neither in the
merge nor where the primary is now. So nothing is lost that one side deleted on purpose, that is moved or
indented anew, or that was restored before it arrived. How a line counts is in
:mod:`alignwatch.primaries.work`.

A merge has lost work if :data:`LINES_OF_A_FILE` lines of one file are lost, or :data:`LINES_OF_ALL` of all.
The first was chosen from four histories: how many merges differ from git's own, and in how many of these some
file lost so many lines (the second adds none).

==================  ======  ======  ====  ====  ====  ====
history             merges  differ    20    50   100   200
==================  ======  ======  ====  ====  ====  ====
git                 14,980   1,707    35    24    20    19
ipython              6,537     123    12     9     3     2
requests             1,612      52     2     1     1     0
the owner's            980     277   106    77    50    20
==================  ======  ======  ====  ====  ====  ====

Of the 77, the file that lost most is one parent's version to the byte in 58, which is how
``checkout --theirs`` looks; the one in requests was made with ``--strategy ours``. In git 21 of the 24 are
catalogues of translations with generated comments, in ipython most are texts rearranged in the merge.

What it misses: fewer lines; deletions that a merge undid; lines that are in another of the files that were
decided about; work lost by what is no merge commit, such as a squashed merge, a rebase or a cherry-pick; work
in binary files and in files of more than :data:`LARGEST_FILE` bytes. What it takes for a loss although it was
meant: one side of a large conflict that was dropped on purpose, and generated files that were made anew in a
merge.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from alignwatch.git.blobs import blob_lines, blob_sizes
from alignwatch.git.changes import trees_of
from alignwatch.git.command import GitError
from alignwatch.primaries.decisions import Decision, TooMuchError, decisions
from alignwatch.primaries.finding import LINES_LOST, Finding, Paths, counted, finding, short, unjudged
from alignwatch.primaries.inquiry import Inquiry, Move
from alignwatch.primaries.remerge import remerge
from alignwatch.primaries.work import NOTHING, Sides, Work, work_in

LINES_OF_A_FILE = 50
LINES_OF_ALL = 200
LARGEST_FILE = 1 << 20
LARGEST_MERGE = 32 << 20
"""Bytes of all files decided about in one merge; a larger one is not judged."""
MOST_MERGES = 500
"""Of one move, the newest."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Merge:
    commit: str
    parents: tuple[str, ...]


def lines_lost(inquiry: Inquiry, move: Move, base: str | None) -> Iterator[Finding]:
    """Tells which merges lost work, and in which files, those that lost most first."""
    newest, total = _merges(inquiry, move, base)
    judged, problem = 0, "there are too many"
    for merge in newest:
        try:
            yield from _judge(inquiry, merge, move.new)
            judged += 1
        except TooMuchError:
            problem = f"{short(merge.commit)} decides about too much"
        except GitError as error:
            problem = f"{short(merge.commit)}: {error}"
            if error.reason == "timeout":
                break
        finally:
            inquiry.shadow.empty()
    if judged < total:
        left = counted(total - judged, "merge")
        yield unjudged(move.new, f"lost lines: {left} of {total} could not be judged ({problem})")


def _merges(inquiry: Inquiry, move: Move, base: str | None) -> tuple[list[_Merge], int]:
    """The newest of the new merges, and the number of all."""
    span = (move.new,) if base is None else (f"{base}..{move.new}",)
    newest, total = [], 0
    with inquiry.git.lines(
        inquiry.folder, "rev-list", "--merges", "--parents", *span, deadline=inquiry.left
    ) as lines:
        for total, line in enumerate(lines, start=1):
            if total <= MOST_MERGES:
                commit, *parents = line.decode("ascii").split()
                newest.append(_Merge(commit, tuple(parents)))
    return newest, total


def _judge(inquiry: Inquiry, merge: _Merge, tip: str) -> Iterator[Finding]:
    again = remerge(inquiry, merge.parents)
    trees = trees_of(inquiry.git, inquiry.folder, [merge.commit], inquiry.left)
    if again.tree == trees.get(merge.commit):
        return
    lost = _lost(inquiry, decisions(inquiry, again, merge.commit, tip))
    total = len(_union(lost.values()))
    most = max(map(len, lost.values()), default=0)
    if most >= LINES_OF_A_FILE or total >= LINES_OF_ALL:
        paths = Paths(sorted(lost, key=lambda path: (-len(lost[path]), path)))
        detail = (
            f"the merge lacks {counted(total, 'line')} that a parent had and no side removed, "
            f"{most} of them in one file"
        )
        yield finding(LINES_LOST, merge.commit, paths, detail)


def _lost(inquiry: Inquiry, decided: Mapping[bytes, Decision]) -> dict[bytes, Work]:
    """The lost lines of each file that lost some."""
    everything = _union(one.blobs for one in decided.values())
    sizes = blob_sizes(inquiry.git, inquiry.folder, everything, inquiry.left)
    readable = {blob for blob, size in sizes.items() if size <= LARGEST_FILE}
    if sum(sizes[blob] for blob in readable) > LARGEST_MERGE:
        raise TooMuchError
    # A file of which one version cannot be read would seem to have lost everything.
    files = {path: one for path, one in decided.items() if one.blobs <= readable}
    made = _union(work for _, work in _read(inquiry, _union(one.made for one in files.values())))
    automatic = {one.automatic for one in files.values() if one.automatic is not None}
    missing_of = {blob: work - made for blob, work in _read(inquiry, automatic)}
    missing = {path: missing_of.get(one.automatic or "", NOTHING) for path, one in files.items()}
    missing |= {path: work - made for path, work in _wanted_in_conflicts(inquiry, files).items()}
    return {path: work for path, work in missing.items() if work}


def _wanted_in_conflicts(inquiry: Inquiry, files: Mapping[bytes, Decision]) -> dict[bytes, Work]:
    """What each file with conflicts should hold; what is moved between them counts as kept."""
    stages = {path: one.stages for path, one in files.items() if one.stages.blobs}
    works = dict(_read(inquiry, {blob for one in stages.values() for blob in one.blobs}))

    def all_of(blobs: Iterable[str | None]) -> Work:
        return _union(works.get(blob or "", NOTHING) for blob in blobs)

    wanted = Sides(
        all_of(one.base for one in stages.values()),
        all_of(one.ours for one in stages.values()),
        all_of(one.theirs for one in stages.values()),
    ).wanted
    return {path: wanted & all_of((one.ours, one.theirs)) for path, one in stages.items()}


def _read(inquiry: Inquiry, blobs: Iterable[str]) -> Iterator[tuple[str, Work]]:
    wanted: Sequence[str] = sorted(blobs)
    if wanted:
        with blob_lines(inquiry.git, inquiry.folder, wanted, inquiry.left) as contents:
            for blob, lines in contents:
                yield blob, work_in(lines)


def _union(sets: Iterable[frozenset[T]]) -> frozenset[T]:
    return frozenset[T]().union(*sets)
