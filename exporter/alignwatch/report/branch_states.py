"""How many branches are in which state: at the window's ends and in between."""

from collections.abc import Mapping
from dataclasses import dataclass

from alignwatch.metrics import catalogue
from alignwatch.report.moments import Timeline, ask, line, moments_of
from alignwatch.report.prometheus import Labels, Prometheus, of_living_exporters
from alignwatch.report.watched import Watched, watched_name
from alignwatch.report.window import Window
from alignwatch.snapshot import BranchState

_BY = ("job", "instance", "repository")

States = Mapping[str, int]
"""State -> branches; those that are in none are left out."""


@dataclass(frozen=True, slots=True)
class RepositoryBranches:
    """The branches of one repository."""

    name: str
    now: States | None
    """At the window's end; None is unknown."""
    before: States | None
    """At the first moment of ``over``."""
    over: Timeline
    """A line for each state that there was."""


def branches_by_state(prometheus: Prometheus, window: Window, most: int) -> tuple[RepositoryBranches, ...]:
    """Every repository that was seen, by name.

    Args:
        prometheus: the server.
        window: the report's.
        most: so many steps at most.
    """
    moments = moments_of(window, most)
    counted = f"sum by ({', '.join(_BY)}, state) ({{}})"
    living = counted.format(of_living_exporters(catalogue.BRANCHES.name))
    now: dict[Watched, dict[str, int]] = {}
    for one in prometheus.instant(living, window.end):
        now.setdefault(_where(one.labels), {})[one.labels.get("state", "")] = int(one.value)
    found: dict[Watched, dict[str, tuple[float | None, ...]]] = {}
    for series in ask(prometheus, counted.format(catalogue.BRANCHES.name), moments):
        where = _where(series.labels)
        found.setdefault(where, {})[series.labels.get("state", "")] = line(series, moments.at)
    return tuple(
        RepositoryBranches(
            name=watched_name(where, found),
            now=_there_are(now.get(where)),
            before=_there_are({state: values[0] for state, values in lines.items()}),
            over=Timeline(
                moments.at,
                {one.value: lines[one.value] for one in BranchState if any(lines.get(one.value, ()))},
            ),
        )
        for where, lines in sorted(found.items(), key=lambda one: (one[0].repository, one[0]))
    )


def _where(labels: Labels) -> Watched:
    return Watched(*(labels.get(name, "") for name in _BY))


def _there_are(states: Mapping[str, float | None] | None) -> States | None:
    if states is None or all(number is None for number in states.values()):
        return None
    return {state: int(number) for state, number in states.items() if number}
