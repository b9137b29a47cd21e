from alignwatch.digest.text import as_text, headline
from support.digests import empty_digest, full_digest

EXPECTED = r"""
Maintenance of night: 9 done, 12 failed, 2 put off, 1 not done, 3.0 GiB freed
2026-11-15 19:00 UTC to 2026-11-22 19:00 UTC

Tasks
  task             done  failed  put off  not done    freed  last success          next run
  cache_cleanup       6                          1  3.0 GiB  2026-11-22 02:00 UTC  2026-11-23 02:00 UTC
  git_maintenance     3      12        2                     never                 never

Failed
  2026-11-22 02:00 UTC  git_maintenance of HOSTILE: timeout: ended HOSTILE
      first ``` line
      HOSTILE
  and 11 more: alignwatch maintenance history

Put off or not done
  2026-11-23 02:00 UTC  git_maintenance of app: put off: rebase in a
  2026-11-23 02:00 UTC  cache_cleanup: not done: missed
  2026-11-23 02:00 UTC  git_maintenance of app: put off: merge in a

Freed less than they should
  cache_cleanup: 5.0 MiB too little in its last run

Backups
  app: made 2026-11-22 02:01 UTC, verified never

Alignments
  app: 40 operations, 92.5 % of them successful; 7 branches: 3 merged, 4 behind
  lib: 0 operations; branches unknown
""".strip()
SHOWN = r"<script>alert(1)</script> & <!channel> <@U1> *x* `y` http://evil.invalid \x1b[31m"


def test_everything_is_said_and_nothing_steers_the_terminal() -> None:
    assert as_text(full_digest()) == EXPECTED.replace("HOSTILE", SHOWN)


def test_where_nothing_was_due() -> None:
    assert headline(empty_digest()) == "Maintenance of night: nothing was due"
    assert len(as_text(empty_digest()).splitlines()) == 2
