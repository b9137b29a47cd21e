"""Branches and what they point to, as ``git for-each-ref`` lists them."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.command import Completed, Git

HEADS = "refs/heads/"
_OWN = HEADS.encode()
_REMOTES = "refs/remotes/"
_REPLACED = "refs/replace/"
_MISTAKABLE = re.compile(r"-.*|@|[0-9a-f]{40}|[0-9a-f]{64}")
"""Names that git takes for an option, for ``HEAD``, or for an object id."""
_REFUSED = re.compile(r"-.*|HEAD")


@dataclass(frozen=True, slots=True)
class Ref:
    """One branch."""

    name: bytes
    """As git has it, after ``refs/heads/`` or ``refs/remotes/<remote>/``; not necessarily UTF-8."""
    oid: str
    text: str
    r"""What it is called here, a remote's branch with that one's name before it; no two are called the same.

    Bytes that are not UTF-8 are written ``\xe9``.
    """
    remote: str | None = None
    """Whose branch it is, as it was last fetched; None for one of the repository's own."""

    @property
    def plain(self) -> str:
        """The name as text, without the remote's."""
        return self.text if self.remote is None else display(self.name)


@dataclass(frozen=True, slots=True)
class Refs:
    """All branches at one moment."""

    branches: tuple[Ref, ...]
    broken: tuple[str, ...]
    """Full names of refs that hold no object id."""
    replaced: tuple[str, ...] = ()
    """What ``git replace`` has put in other objects' place, a line for each."""


def display(name: bytes) -> str:
    """A ref's name as text that is safe in labels and JSON."""
    return name.decode("utf-8", "backslashreplace")


def read_branches(git: Git, repository: Path, deadline: float, remotes: Sequence[str] = ()) -> Refs:
    """Lists the branches; opens no object, so a ref to a missing object is still listed.

    Args:
        git: runs it.
        repository: the repository.
        deadline: seconds.
        remotes: whose branches are listed besides the repository's own; their ``HEAD`` is none.

    Raises:
        GitError: git could not tell.
    """
    return parse_branches(list_branches(git, repository, deadline, remotes), remotes)


def list_branches(git: Git, repository: Path, deadline: float, remotes: Sequence[str]) -> Completed:
    """As :func:`read_branches`, for :func:`parse_branches`; the same as long as none has moved."""
    places = (HEADS, *(f"{_REMOTES}{remote}/" for remote in remotes), _REPLACED)
    return _list(git, repository, deadline, places)


def parse_branches(done: Completed, remotes: Sequence[str], before: Iterable[Ref] = ()) -> Refs:
    """The branches that were listed; those of ``before`` that have not moved are taken from there."""
    known = {ref.name: ref for ref in before if ref.remote is None}
    # A remote's name may be the beginning of another's.
    prefixes = {f"{_REMOTES}{one}/".encode(): one for one in sorted(remotes, key=len, reverse=True)}
    branches: dict[str, Ref] = {}
    replaced = []
    # git sorts by name: the repository's own come first, and keep theirs.
    for line in done.stdout.splitlines():
        oid, _, full_name = line.partition(b" ")
        if full_name.startswith(_REPLACED.encode()):
            replaced.append(display(line))
        elif (ref := _branch(full_name, oid.decode(), prefixes, branches, known)) is not None:
            branches[ref.text] = ref
    broken = re.findall(r"ignoring broken ref (\S+)", display(done.stderr))
    return Refs(tuple(branches.values()), tuple(broken), tuple(replaced))


def list_all(git: Git, repository: Path, deadline: float, places: Sequence[str] = ()) -> bytes:
    """Every ref with its object id, for :func:`parse_all`; the same bytes as long as none has moved.

    Args:
        git: runs it.
        repository: the repository.
        deadline: seconds.
        places: only the refs that are called so or are below; empty for all.

    Raises:
        GitError: git could not tell.
    """
    return _list(git, repository, deadline, places).stdout


def _list(git: Git, repository: Path, deadline: float, places: Sequence[str]) -> Completed:
    return git.run(
        repository, "for-each-ref", "--format=%(objectname) %(refname)", *places, deadline=deadline
    )


def parse_all(listed: bytes) -> dict[bytes, str]:
    """Full name of each ref that was listed -> object id."""
    pairs = (line.split(b" ", 1) for line in listed.splitlines())
    return {name: oid.decode() for oid, name in pairs}


def unmistakable(git: Git, repository: Path, branches: Iterable[str], deadline: float) -> dict[str, str]:
    """Each of the repository's own branches by what git takes for it and for nothing else: no tag, no option.

    It is as short as it can be, for git writes it into the message of a merge. What is no branch is left out.

    Raises:
        GitError: git could not tell.
    """
    places = [f"{HEADS}{name}" for name in branches if "\0" not in name]
    done = git.run(
        repository, "for-each-ref", "--format=%(refname) %(refname:short)", *places, deadline=deadline
    )
    pairs = (line.split(" ") for line in display(done.stdout).splitlines())
    return {
        full.removeprefix(HEADS): full if _MISTAKABLE.fullmatch(short) else short for full, short in pairs
    }


def is_refused(branch: str) -> bool:
    """Whether git makes and checks out no branch of this name, though there can be one."""
    return _REFUSED.fullmatch(branch) is not None


def read_remote_tips(git: Git, repository: Path, branch: str, deadline: float) -> tuple[str, ...]:
    """What the remotes' branches of one name pointed to when they were last fetched.

    Raises:
        GitError: git could not tell.
    """
    if not branch or "\0" in branch:
        return ()
    pattern = f"refs/remotes/*/{branch}"
    done = git.run(repository, "for-each-ref", "--format=%(objectname)", pattern, deadline=deadline)
    return tuple(done.stdout.decode("ascii").split())


def _branch(
    full_name: bytes,
    oid: str,
    prefixes: Mapping[bytes, str],
    taken: Container[str],
    known: Mapping[bytes, Ref],
) -> Ref | None:
    if full_name.startswith(_OWN):
        name = full_name.removeprefix(_OWN)
        ref = known.get(name)
        return ref if ref is not None and ref.oid == oid else Ref(name, oid, display(name))
    for prefix, remote in prefixes.items():
        if full_name.startswith(prefix):
            name = full_name.removeprefix(prefix)
            text = f"{remote}/{display(name)}"
            while text in taken:
                text = f"remotes/{text}"
            return None if name == b"HEAD" else Ref(name, oid, text, remote)
    return None
