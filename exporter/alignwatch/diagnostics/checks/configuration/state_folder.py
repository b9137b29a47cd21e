"""Whether everything that records does so in the same place.

`alignwatch track` and git's hooks of scripts run without `--config` use `$ALIGNWATCH_STATE_DIR`, else the
user's own state folder. Where the configuration names another one, and there is a journal in both, what is
tracked does not reach the exporter. A state folder inside a watched repository is changed by watching, which
is not wanted, and one that a clean-up or a restart empties loses the journal.
"""

from collections.abc import Iterator
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context
from alignwatch.state_dir import default_state_dir, journal_path

PASSING = (Path("/tmp"), Path("/var/tmp"), Path("/run"), Path("/dev/shm"))  # noqa: S108
"""Emptied by the system."""


def _run(context: Context) -> Iterator[Finding]:
    own, usual = context.state_folder.resolve(), default_state_dir(context.environment).resolve()
    if own != usual and journal_path(usual).exists() and not context.environment.get("ALIGNWATCH_CONFIG"):
        yield warning(
            f"there is a second journal in {usual}: what is tracked without --config is recorded there",
            "name one of the two everywhere",
            ("export", f"ALIGNWATCH_STATE_DIR={own}"),
            file=str(own),
        )
    for repository in context.settings.repositories:
        if own.is_relative_to(Path(repository.path).resolve()):
            yield warning(
                f"the state folder is inside the repository {repository.label}: git clean can remove it",
                "name a folder outside of it in state_dir",
                file=str(own),
                key="state_dir",
            )
    if context.configured and any(own.is_relative_to(folder) for folder in PASSING):
        yield warning(
            "the state folder is where the system cleans up: the journal will be lost",
            "name another one in state_dir, such as /var/lib/alignwatch",
            file=str(own),
            key="state_dir",
        )


CHECK = Check(
    id="state-folder",
    summary="everything is recorded in one lasting place",
    well="everything is recorded in one place",
    run=_run,
)
