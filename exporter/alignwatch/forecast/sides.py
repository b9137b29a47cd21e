"""What each of two sides did since they parted, and where that meets.

git finds renames by comparing what a side added with what it removed, and moves what the other side adds to
a renamed folder along with it. Renames are not looked for here: what may be one counts as one.
"""

from collections.abc import Callable, Mapping, Sequence

from alignwatch.git.changes import Changes
from alignwatch.git.merge_tree import Parts


def union(several: Sequence[Changes]) -> Changes:
    """What differs from any of several older trees."""
    return _combined(several, set.union)


def intersection(several: Sequence[Changes]) -> Changes:
    """What differs from each of several older trees."""
    return _combined(several, set.intersection)


def _combined(several: Sequence[Changes], combine: Callable[..., set[bytes]]) -> Changes:
    if len(several) < 2:
        return several[0] if several else Changes()
    return Changes(
        changed=combine(*(one.changed for one in several)),
        added=combine(*(one.added for one in several)),
        removed=combine(*(one.removed for one in several)),
        removed_folders=combine(*(one.removed_folders for one in several)),
        versions=combine(*(one.versions for one in several)),
    )


def follows_renames(side: Changes, other: Changes) -> bool:
    """Whether what a side did may have to follow a file or folder that the other one renamed."""
    return not (side.changed.isdisjoint(other.removed) and side.above_added.isdisjoint(other.removed_folders))


def clash(one: Changes, other: Changes) -> bool:
    """Whether what one side added lies in a folder that the other removed, or where it changed a file."""
    return not (
        one.above_added.isdisjoint(other.removed_folders)
        and other.above_added.isdisjoint(one.removed_folders)
        and one.above_added.isdisjoint(other.changed)
        and other.above_added.isdisjoint(one.changed)
    )


def entangled(side: Changes, other: Changes) -> bool:
    """Whether what a side added or removed may touch what the other one did."""
    return follows_renames(side, other) or not side.added.isdisjoint(other.added) or clash(side, other)


def meet(one: Changes, other: Changes) -> bool:
    """Whether a merge may conflict in what both sides did.

    What both changed to the same merges cleanly. What both removed they may have renamed to two things.
    """
    same = one.versions & other.versions
    return len(one.changed & other.changed) > len(same) or clash(one, other)


def of_both(conflicts: Mapping[bytes, Parts], one: Changes, other: Changes) -> list[bytes]:
    """Of the files that a merge leaves in conflict, those that are so for what both sides did.

    Args:
        conflicts: as a merge of the one, as the branch, into the other has them.
        one: what it did itself.
        other: what it did itself.
    """
    clashing = clash(one, other)
    return [
        path
        for path, (ones, others) in conflicts.items()
        if (_did(one, path, ones, other) and _did(other, path, others, one))
        # git makes up a name for what a renamed folder takes along, and for a file in the way of a folder.
        or (clashing and path not in one.changed and path not in other.changed)
    ]


def _did(side: Changes, path: bytes, content: bytes | None, other: Changes) -> bool:
    """Whether a side's part in a conflict is its own doing; else it has inherited it, or left it alone."""
    if path in side.changed:
        return True
    if content is not None:
        # Where the other one renamed the file, this is its new name.
        return content in side.contents
    # It removed what the other one renamed, or renamed the folder to which the other one added.
    return not side.removed.isdisjoint(other.removed) or clash(side, other)
