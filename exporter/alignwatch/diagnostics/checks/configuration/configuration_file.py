"""What `alignwatch config check` warns of.

What a file names and is not there, and channels that are named and not set up. What is plainly wrong
(unknown and duplicate keys, values out of range, YAML that means something else than it looks like) is
refused by every command with exit code 2. Repositories that are missing are told by `repository-opens`,
and primaries by `primaries`.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.settings_file import check_file

_ASKED_ELSEWHERE = (".path", ".primaries")


def _run(context: Context) -> Iterator[Finding]:
    if context.config is None:
        yield skipped("there is no configuration file; the defaults hold")
        return
    for fault in check_file(context.config):
        if fault.key.startswith("repositories[") and fault.key.endswith(_ASKED_ELSEWHERE):
            continue
        line = "" if fault.line is None else f"line {fault.line}: "
        yield warning(f"{line}{fault.message}", fault.remedy, file=fault.file, key=fault.key)


CHECK = Check(
    id="configuration-file",
    summary="what the configuration names is there",
    well="what the configuration names is there",
    run=_run,
)
