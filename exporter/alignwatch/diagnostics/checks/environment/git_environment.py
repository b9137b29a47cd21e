"""Variables that make git work on something else than it seems.

With `GIT_DIR`, `GIT_WORK_TREE`, `GIT_INDEX_FILE` and their like in the environment, a command that
`alignwatch track` runs changes another repository than the one it stands in; with `GIT_TRACE2_EVENT` git
does not tell Alignwatch of its commands. Hooks have these variables, so a terminal that a hook has
started has them, too.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context

_MISLEADING = {
    "GIT_DIR": "git works on that repository, wherever it stands",
    "GIT_WORK_TREE": "git changes that folder, wherever it stands",
    "GIT_COMMON_DIR": "git takes refs and objects from there",
    "GIT_INDEX_FILE": "git uses that index, wherever it stands",
    "GIT_OBJECT_DIRECTORY": "git writes objects to there",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "git takes objects from there too",
    "GIT_NAMESPACE": "git sees only the refs of that namespace",
    "GIT_CONFIG": "git config reads that file only",
    "GIT_REPLACE_REF_BASE": "git sees other objects than there are",
}


def _run(context: Context) -> Iterator[Finding]:
    for name, effect in _MISLEADING.items():
        if context.environment.get(name):
            yield warning(f"{name} is set: {effect}", "unset it", ("unset", name), key=name)
    if context.environment.get("GIT_TRACE2_EVENT"):
        yield warning(
            "GIT_TRACE2_EVENT is set: alignments that are run from here are not caught by themselves",
            "unset it",
            ("unset", "GIT_TRACE2_EVENT"),
            key="GIT_TRACE2_EVENT",
        )


CHECK = Check(
    id="git-environment",
    summary="no variable misleads git",
    well="no variable misleads git",
    run=_run,
)
