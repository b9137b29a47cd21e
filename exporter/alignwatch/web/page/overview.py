"""Is everything well?"""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlencode

from alignwatch.status import FailingProbe, ForecastProgress, HostStatus, RepositoryStatus, Status
from alignwatch.web.page.html import Child, Html, element, named
from alignwatch.web.page.parts import Column, Part, bar, items, paragraph, table, verdict

_COLUMNS = (
    Column("Repository"),
    Column("Health"),
    Column("Alignments"),
    Column("Branches", "wide"),
    Column("Findings", "wide"),
)


def overview(status: Status) -> Part:
    """Host, repositories and probes."""
    failing = _failing(status.failing_probes)
    told: list[Child] = [_host(status.host), items(status.host.findings)]
    if status.repositories:
        told.append(table("Repositories", _COLUMNS, map(_repository, status.repositories)))
    if failing:
        told += [element("h3", "Probes that failed"), items(failing)]
    return Part("Status", told)


def _failing(probes: Iterable[FailingProbe]) -> list[str]:
    """A line for each reason: one repository that is away has all of its probes fail."""
    together: dict[tuple[str, str], list[str]] = {}
    for one in probes:
        together.setdefault((one.repository or "the host", one.error), []).append(one.probe)
    return [f"{', '.join(names)} of {where}: {error}" for (where, error), names in together.items()]


def _host(host: HostStatus) -> Html:
    figures = {"CPU": host.cpu_percent, "memory": host.memory_percent}
    figures |= {f"disk {mount}": percent for mount, percent in host.disk_percent.items()}
    told = ", ".join(f"{what} {_percent(value)}" for what, value in figures.items())
    return paragraph(element("strong", "Host"), verdict(host.health), named(told), class_="host")


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g} %"


def _repository(one: RepositoryStatus) -> dict[str, Child]:
    return {
        "Repository": named(one.repository),
        "Health": verdict(one.health),
        "Alignments": verdict(one.processes),
        "Branches": _branches(one.repository, one.branches),
        "Findings": items([*one.findings, *_unfinished(one)]),
    }


def _branches(repository: str, counts: Mapping[str, int] | None) -> Child:
    if counts is None:
        return verdict("unknown")
    states = [element("li", _state(repository, state, count)) for state, count in counts.items()]
    return [bar(counts), element("ul", states, class_="states")]


def _state(repository: str, state: str, count: int) -> list[Child]:
    wanted = urlencode({"repository": repository, "state": state}, errors="backslashreplace")
    return [bar({state: count}), element("a", f"{count} {state}", href=f"/?{wanted}#branches")]


def _unfinished(one: RepositoryStatus) -> Iterator[str]:
    for what, progress in (("forecast", one.forecast), ("collisions", one.collisions)):
        if progress is not None:
            yield from _left(what, progress)


def _left(what: str, progress: ForecastProgress) -> Iterator[str]:
    if progress.pending:
        yield f"{what}: {progress.done} merges tried, {progress.pending} to go"
    if progress.failed:
        yield f"{what}: {progress.failed} merges could not be tried: {progress.problem}"
