"""From git processes to operations.

A process that comes to its end is an operation. One that stops for a person is held until it is known how
that ended: by ``--continue`` or ``--skip``, by ``--abort`` or ``--quit``, by a commit made by hand, or by
other means that git's files show. All of them together are one operation: its duration is the sum of its
processes', and the rest of the time it waited.

===================================================  ==================================================
what is seen                                         outcome
===================================================  ==================================================
it came to its end, and git went to work             ``success``
it came to its end without any work                  ``not_needed``
it stopped; continued to the end, or committed       ``success``
it stopped; ``--abort``, ``--quit``, or what git     ``aborted``
keeps of it is gone and no commit came of it
it failed, and nothing is in progress                ``failed``
it was killed                                        ``cancelled``
===================================================  ==================================================

Outcomes follow from exit codes, from what git did and from its files, never from its words, which may be
translated.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import structs

from alignwatch.git.head_log import read_head_log
from alignwatch.git.worktree_files import read_state
from alignwatch.names import legible
from alignwatch.operation import Evidence, Operation, Outcome
from alignwatch.tracking.trace.call import Action, Call, read_call
from alignwatch.tracking.trace.events import COMMIT, RESET, GitRun
from alignwatch.tracking.trace.pending import Key, Pending, pending_of
from alignwatch.tracking.trace.progress import has_stopped, seconds_at_work, sequencer_of, went_to_work
from alignwatch.tracking.trace.sides import sides
from alignwatch.tracking.trace.trail import Log, Trail, trail_of_failure, trail_of_none, trail_of_success
from alignwatch.tracking.trace.worktrees import Place

SOURCE = "trace2"

_ENDED_BY_THESE = ("merge", "cherry-pick", "revert")
_CLEARING = frozenset(("--hard", "--merge", "--keep"))
_WITHOUT_A_MOVE = (Outcome.NOT_NEEDED, Outcome.FAILED)
_WRONG_USAGE = 129


class Assembly:
    """Makes operations of git processes that come in the order in which they started."""

    def __init__(self, pending: Iterable[Pending], claimed: Mapping[str, int]) -> None:
        """Goes on where another one has left off: with its :attr:`pending` and :attr:`claimed`."""
        self.pending: dict[Key, Pending] = {one.key: one for one in pending}
        self.claimed = dict(claimed)
        """How far the log of each git directory's HEAD belongs to operations that are known, in bytes."""

    def absorb(self, run: GitRun, place: Place, recorded: bool = False) -> list[Operation]:
        """Takes a process that has ended; returns the operations that it brought to an end.

        Args:
            run: a process.
            place: where it ran.
            recorded: whether somebody else records it.
        """
        call = read_call(run.name, run.arguments)
        if run.exit_code == _WRONG_USAGE or call.action is Action.NONE:
            return []
        if run.name in (COMMIT, RESET):
            return list(self._end(run))
        before = self.pending.get((run.worktree or "", sequencer_of(run)))
        if call.action is Action.START:
            return list(self._start(run, call, place, before, recorded))
        if call.action is Action.GIVE_UP:
            return list(self._give_up(run, call, place, before, recorded))
        return list(self._go_on(run, call, place, before, recorded))

    def standing(self) -> Mapping[Key, bool]:
        """For each pending operation whether git's files show it in progress now."""
        return {key: one.stands() for key, one in self.pending.items()}

    def settle(self, standing: Mapping[Key, bool], busy: Collection[str], now: float) -> list[Operation]:
        """Ends the operations of which nothing is left.

        Args:
            standing: what :meth:`standing` said before it was seen which processes there are.
            busy: work trees in which git has run since; what their files showed is past.
            now: seconds since the epoch.
        """
        ended: list[Operation] = []
        for key, one in list(self.pending.items()):
            if one.worktree in busy or key not in standing:
                continue
            if standing[key]:
                seen = read_state(one.folders).branch or ""
                self.pending[key] = structs.replace(one, seen=seen, stopped=True, finished=False)
            else:
                trail = self._trail(one, Outcome.SUCCESS)
                ended += self._over(one, now, concluded=one.stopped and trail.concluded)
        return ended

    def _start(
        self, run: GitRun, call: Call, place: Place, before: Pending | None, recorded: bool
    ) -> Iterator[Operation]:
        made = pending_of(run, call, place, recorded)
        worked = went_to_work(run)
        began = worked or run.exit_code == 0
        if before is not None and began and before.started < run.started:
            # git refuses to begin while one of the kind stands there; a commit would have been seen.
            yield from self._over(before, run.started, concluded=False)
        if run.exit_code is None:
            yield from self._cut_off(made, Outcome.CANCELLED)
        elif run.exit_code == 0 and call.commits and not run.editing:
            yield from self._record(made, Outcome.SUCCESS if worked else Outcome.NOT_NEEDED)
        elif made.key in self.pending:
            yield from self._record(made, Outcome.FAILED)
        else:
            self.pending[made.key] = made

    def _go_on(
        self, run: GitRun, call: Call, place: Place, before: Pending | None, recorded: bool
    ) -> Iterator[Operation]:
        if before is None or before.recorded or before.cut_off:
            begun = pending_of(run, call, place, recorded)
            before = structs.replace(begun, midway=True, several=True, working=0.0)
        on = structs.replace(
            before,
            ended=run.ended,
            working=before.working + seconds_at_work(run),
            exit_code=run.exit_code,
            stopped=before.stopped or has_stopped(run),
            finished=run.exit_code == 0,
            recorded=recorded,
        )
        if run.exit_code is None:
            yield from self._cut_off(on, Outcome.CANCELLED)
        elif on.finished and not (on.several and on.sequencer == "rebase"):
            yield from self._record(on, Outcome.SUCCESS)
        else:
            self.pending[on.key] = on

    def _give_up(
        self, run: GitRun, call: Call, place: Place, before: Pending | None, recorded: bool
    ) -> Iterator[Operation]:
        if run.exit_code != 0:
            return
        if before is None:
            made = pending_of(run, call, place, recorded)
        else:
            working = before.working + seconds_at_work(run)
            recorded = recorded or before.recorded
            made = structs.replace(before, ended=run.ended, working=working, exit_code=0, recorded=recorded)
        yield from self._record(made, Outcome.ABORTED)

    def _end(self, run: GitRun) -> Iterator[Operation]:
        """Takes a commit or a reset made by hand."""
        for sequencer in _ENDED_BY_THESE:
            one = self.pending.get((run.worktree or "", sequencer))
            if one is None or one.finished or run.exit_code != 0 or not (one.stopped or one.exit_code == 0):
                continue
            one = structs.replace(one, ended=run.ended, working=one.working + seconds_at_work(run))
            if run.name == COMMIT and one.several:
                self.pending[one.key] = structs.replace(one, finished=True)
            elif run.name == COMMIT:
                yield from self._record(one, Outcome.SUCCESS)
            elif not _CLEARING.isdisjoint(run.arguments):
                yield from self._cut_off(one, Outcome.ABORTED)

    def _cut_off(self, one: Pending, outcome: Outcome) -> Iterator[Operation]:
        yield from self._record(one, outcome)
        # Who then clears up what it left makes no operation of its own.
        self.pending.setdefault(one.key, structs.replace(one, cut_off=True))

    def _over(self, one: Pending, now: float, *, concluded: bool) -> Iterator[Operation]:
        """Ends what is not there any more; ``concluded`` if git's log says that it came to its end."""
        if concluded or one.finished or (one.exit_code == 0 and not one.stopped):
            yield from self._record(one, Outcome.SUCCESS)
        elif one.stopped:
            yield from self._record(structs.replace(one, ended=max(one.ended, now)), Outcome.ABORTED)
        elif one.midway:
            del self.pending[one.key]  # There was nothing to go on with.
        else:
            yield from self._record(one, Outcome.FAILED)

    def _record(self, one: Pending, outcome: Outcome) -> Iterator[Operation]:
        if self.pending.get(one.key, one).operation_id == one.operation_id:
            self.pending.pop(one.key, None)
        if one.cut_off:
            return
        trail = self._trail(one, outcome)
        if trail.end:
            self.claimed[one.git_dir] = trail.end
        if one.recorded:
            return
        checked_out = one.named or one.seen or trail.branch or ""
        branch, target = sides(one.kind, checked_out, one.other, one.primaries)
        left = outcome is Outcome.CANCELLED and one.stands()
        yield Operation(
            operation_id=one.operation_id,
            repository=one.repository,
            kind=one.kind,
            branch=legible(branch),
            target=legible(target),
            started=one.started,
            duration=one.working,
            outcome=outcome,
            exit_code=one.exit_code,
            source=SOURCE,
            waiting=max(0.0, one.ended - one.started - one.working),
            evidence=_evidence(one, trail, landed=branch != checked_out, left=left),
        )

    def _trail(self, one: Pending, outcome: Outcome) -> Trail:
        if not one.git_dir:
            return Trail()
        moves, claimed = read_head_log(one.folders.git_dir), self.claimed.get(one.git_dir, 0)
        if not moves or moves[-1].end < claimed:
            claimed = 0  # git has taken old moves out.
        log = Log(moves, claimed, read_state(one.folders).branch)
        if outcome is Outcome.SUCCESS:
            return trail_of_success(log, one.sequencer, one.started, one.ended, stopped=one.stopped)
        if outcome in _WITHOUT_A_MOVE:
            return trail_of_none(log, one.started, one.ended)
        return trail_of_failure(log, one.sequencer, one.started, one.ended)


def _evidence(one: Pending, trail: Trail, *, landed: bool, left: bool) -> Evidence | None:
    """What the log of HEAD says of branch and target. Where one landed on the other, HEAD was the target."""
    if trail.tip_after is None and not left:
        return None
    if landed:
        return Evidence(None, trail.onto, trail.tip_after, left, target_before=trail.tip_before)
    # To rebase a branch that it names, git leaves another one.
    tip_before = None if one.named else trail.tip_before
    return Evidence(tip_before, trail.tip_after, trail.onto, left)
