"""Does git find a repository's history quickly? Where it does not, we keep a commit-graph for it."""

from pathlib import Path

from alignwatch.divergence.commit_graph import CommitGraph
from alignwatch.git.command import Git, GitError
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.snapshot import CommitGraphReading


class CommitGraphProbe:
    """Writes our commit-graph of one repository anew when much of the history is not in it."""

    def __init__(
        self,
        git: Git,
        path: Path,
        divergence: DivergenceProbe,
        cache_dir: Path,
        *,
        patience: float,
        deadline: float,
    ) -> None:
        """Takes what it needs.

        Args:
            git: runs it.
            path: the repository.
            divergence: which knows the branches, and how many commits they have.
            cache_dir: where the commit-graph is kept.
            patience: seconds to wait for the first measurement.
            deadline: seconds for writing.
        """
        self._git = git
        self._divergence = divergence
        self._patience = patience
        self._deadline = deadline
        self._graph = CommitGraph(path, cache_dir)

    def read(self) -> CommitGraphReading:
        """Looks once.

        Raises:
            GitError: git could not be run, or took too long, or the branches are unknown.
            OSError: the cache folder cannot be written.
        """
        measured = self._divergence.latest(self._patience)
        tips = {branch.tip for branch in measured.reading.branches if branch.tip_time is not None}
        try:
            commits = self._graph.refresh(self._git, sorted(tips), measured.commits, self._deadline)
        except GitError as error:
            if error.exit_code_of_git is None:
                raise
            # A commit is missing. That is git fsck's to tell; here it costs time and nothing else.
            commits = 0
        return CommitGraphReading(commits)
