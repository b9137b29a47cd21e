"""A digest with everything in it, also with what nobody wishes for."""

from alignwatch.digest.content import (
    Alignments,
    Backup,
    Delay,
    Digest,
    Failure,
    Shortfall,
    TaskLine,
)

HOSTILE = "<script>alert(1)</script> & <!channel> <@U1> *x* `y` http://evil.invalid \x1b[31m"
NEXT = "2026-11-23T02:00:00Z"


def full_digest() -> Digest:
    """A bad week."""
    return Digest(
        host="night",
        since="2026-11-15T19:00:00Z",
        until="2026-11-22T19:00:00Z",
        tasks=(
            TaskLine(
                task="cache_cleanup",
                done=6,
                failed=0,
                put_off=0,
                not_done=1,
                freed_bytes=3 << 30,
                last_success="2026-11-22T02:00:05Z",
                next_run=NEXT,
            ),
            TaskLine(
                task="git_maintenance",
                done=3,
                failed=12,
                put_off=2,
                not_done=0,
                freed_bytes=0,
                last_success=None,
                next_run=None,
            ),
        ),
        failures=(
            Failure(
                time="2026-11-22T02:00:09Z",
                task="git_maintenance",
                repository=HOSTILE,
                outcome="timeout",
                reason=f"ended {HOSTILE}",
                output=("first ``` line", HOSTILE),
            ),
        ),
        delays=(
            Delay(
                due=NEXT, task="git_maintenance", repository="app", outcome="postponed", reason="rebase in a"
            ),
            Delay(due=NEXT, task="cache_cleanup", repository=None, outcome="skipped", reason="missed"),
            Delay(
                due=NEXT, task="git_maintenance", repository="app", outcome="postponed", reason="merge in a"
            ),
        ),
        shortfalls=(Shortfall(task="cache_cleanup", repository=None, missing_bytes=5 << 20),),
        backups=(Backup(repository="app", made="2026-11-22T02:01:00Z"),),
        alignments=(
            Alignments(
                repository="app", operations=40, success_percent=92.5, branches={"merged": 3, "behind": 4}
            ),
            Alignments(repository="lib", operations=0, success_percent=None, branches=None),
        ),
    )


def empty_digest() -> Digest:
    """Nothing was due."""
    nothing = full_digest()
    return Digest(
        host=nothing.host,
        since=nothing.since,
        until=nothing.until,
        tasks=(),
        failures=(),
        delays=(),
        shortfalls=(),
        backups=(),
        alignments=(),
    )
