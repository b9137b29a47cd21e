"""Explanations for a terminal."""

from collections.abc import Iterable, Iterator, Mapping

from alignwatch.explain.alert import AlertExplanation, Values
from alignwatch.explain.branch import BranchExplanation, NewerTarget, Onset
from alignwatch.explain.commits import CommitRow
from alignwatch.text import printable, table

_DIGITS = 12
_SHOWN = 40
"""Files; the rest is a number."""
_OTHERS = 3
_PATHS = 5


def branch_text(one: BranchExplanation) -> str:
    """A branch, on a screen."""
    lines = [f"{one.branch} of {one.repository}: {one.state} against {one.target}", f"  {one.why}", ""]
    lines += [_labelled("tip", _commit(one.tip)), _labelled("parted from", _commit(one.parted))]
    lines += [_labelled("in progress", work) for work in one.in_progress]
    if one.onset is not None:
        lines += _onset(one.onset, one.target)
    if one.conflicts:
        lines += ["", f"{_number(len(one.conflicts), 'file')} in conflict", *_files(one)]
    for newer in one.newer_targets:
        lines += ["", *_newer(newer, one.target)]
    return "\n".join([*map(printable, lines), *_end(one.next, one.unknown)])


def alert_text(one: AlertExplanation) -> str:
    """An alert, on a screen or two."""
    lines = [one.alert]
    for rule in one.rules:
        lines += ["", f"{rule.severity}: for {rule.waits} ({rule.file})", f"  {rule.expression}"]
    lines += ["", *_firing(one), *(line for values in one.values for line in _values(values))]
    text = "\n".join(map(printable, lines))
    runbook = "\n\n".join(f"{part.title}. {part.text}" for part in one.runbook)
    return "\n".join([text, "", runbook, *_end(one.next, one.unknown)])


def _onset(onset: Onset, target: str) -> Iterator[str]:
    yield _labelled("conflicts since", _commit(onset.commit))
    before = "nothing of what it lacks" if onset.last_clean is None else _commit(onset.last_clean)
    yield _labelled("clean until", before)
    how = f"{onset.tried} of {_number(onset.commits, 'commit')} of {target} tried"
    if not onset.certain:
        how += "; it may have been clean again in between: try a longer --timeout"
    if onset.turns > 1:
        how += f"; it changed between clean and conflicting {onset.turns} times, the last time is shown"
    yield _labelled("", how)


def _files(one: BranchExplanation) -> Iterator[str]:
    files = one.conflicts or ()
    rows = [
        (file.path, (file.since or "?")[:_DIGITS], _in_short(file.also_changed_by, _OTHERS) or "nobody")
        for file in files[:_SHOWN]
    ]
    yield from table(("FILE", "SINCE", "ALSO CHANGED BY"), rows).splitlines()
    if len(files) > _SHOWN:
        yield f"and {len(files) - _SHOWN} more: add --json"


def _newer(newer: NewerTarget, target: str) -> Iterator[str]:
    what = f"{_number(newer.new_commits, 'commit')} more" if newer.new_commits else "another"
    yield f"a remote's {target} has {what}: {_commit(newer.commit)}"
    if newer.clean:
        yield "  it would merge without a conflict"
    for paths, word in ((newer.more, "more"), (newer.fewer, "fewer")):
        if paths:
            yield f"  {_number(len(paths), 'file')} {word} in conflict: {_in_short(paths, _PATHS)}"
    if not (newer.clean or newer.more or newer.fewer):
        yield "  the same files would conflict"


def _firing(one: AlertExplanation) -> Iterator[str]:
    if one.firing is None:
        return
    yield "now" if one.firing else "it does not fire now"
    for alert in one.firing:
        yield f"  {alert.state} since {alert.since}  {_labels(alert.labels)}"
        yield f"    {alert.summary}"


def _values(values: Values) -> Iterator[str]:
    yield f"  {values.selector}"
    if not values.values:
        yield "    no such series"
    for one in values.values:
        yield f"    {one.value:g}  {_labels(one.labels)}"
    if values.left_out:
        yield f"    and {values.left_out} more"


def _labels(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in labels.items())


def _end(commands: Iterable[str], unknown: Iterable[str]) -> Iterator[str]:
    if typed := [printable(command) for command in commands]:
        yield from ("", "next", *(f"  $ {command}" for command in typed))
    if missing := [printable(one) for one in unknown]:
        yield from ("", "not found out", *(f"  {one}" for one in missing))


def _labelled(label: str, text: str) -> str:
    return f"{label:<16}{text}"


def _commit(commit: CommitRow | None) -> str:
    if commit is None:
        return "?"
    return f"{commit.commit[:_DIGITS]} of {commit.time} by {commit.author}: {commit.subject}"


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _in_short(names: tuple[str, ...], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
