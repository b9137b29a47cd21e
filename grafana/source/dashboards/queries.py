"""What the queries of all dashboards have in common."""

from dataclasses import dataclass

INSTANCE = 'instance=~"$instance"'
REPOSITORY = f'{INSTANCE},repository=~"$repository"'
TARGET = f'{REPOSITORY},target=~"$target"'
FAMILY = f'{TARGET},family=~"$family"'
OPERATION = f'{REPOSITORY},operation=~"$operation"'
OPERATION_TARGET = f'{OPERATION},target=~"$target"'

ALERT = 'alertname=~"Alignment.+",instance=~"$instance|",repository=~"$repository|"'
"""Alerts of the chosen repositories, and those that concern none."""

JUDGED = 'outcome!~"paused|cancelled|aborted"'
BAD = 'outcome=~"failed|timeout|rolled_back"'
WORKED = 'outcome!~"not_needed|paused|cancelled|aborted"'
"""As in ``rules/operations.yml``."""


@dataclass(frozen=True)
class Query:
    """One question to Prometheus."""

    expr: str
    legend: str = ""
    heat: bool = False
    """Whether it asks for the buckets of a heatmap."""


def total(by: str, metric: str, labels: str = REPOSITORY) -> str:
    """The sum of a metric by labels."""
    return f"sum by ({by}) ({metric}{{{labels}}})"


def highest(by: str, metric: str, labels: str = REPOSITORY) -> str:
    """The maximum of a metric by labels."""
    return f"max by ({by}) ({metric}{{{labels}}})"


def lowest(by: str, metric: str, labels: str = REPOSITORY) -> str:
    """The minimum of a metric by labels."""
    return f"min by ({by}) ({metric}{{{labels}}})"


def grown(by: str, metric: str, labels: str = REPOSITORY, over: str = "$__range") -> str:
    """By how much a counter grew, by labels."""
    return f"sum by ({by}) (increase({metric}{{{labels}}}[{over}]))"


def threshold(name: str, labels: str = REPOSITORY) -> str:
    """The strictest of the configured values that apply."""
    return f'min(alignment_threshold{{threshold="{name}",{labels}}})'


def limit(name: str, labels: str = REPOSITORY, legend: str = "threshold") -> Query:
    """The line that a value must not cross: what the alert compares with."""
    return Query(threshold(name, labels), legend)


def line(value: float, beside: str, legend: str = "threshold") -> Query:
    """The same for a limit that nobody configures; not there when nothing is there that it limits."""
    return Query(f"vector({value:g}) and on () {beside}", legend)


def coded(metric: str, labels: str, states: tuple[str, ...], by: str) -> str:
    """Which of the states holds, as its number."""
    numbered = (f'{number} * {metric}{{{labels},state="{state}"}}' for number, state in enumerate(states))
    return f"max by ({by}) ({' or '.join(numbered)})"


def worst(expr: str, by: str, number: int = 10) -> str:
    """Of many series those that are highest in the time shown."""
    return f"{expr} and on ({by}) topk({number}, max_over_time(({expr})[$__range:$__interval] @ end()))"


def leading(by: str, metric: str, labels: str = REPOSITORY, number: int = 10) -> str:
    """Of the series of a metric those that are highest in the time shown."""
    return worst(highest(by, metric, labels), by, number)
