"""How many series the exporter's page has.

Each one costs Prometheus memory for as long as it is there. Labels are bounded by the budget of
`branch_series` and by `families`; more than 20,000 series of one exporter mean that these are set too high,
or that very many repositories are watched by one.
"""

from collections import Counter
from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, ok, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.servers import page

MOST = 20_000


def _run(context: Context) -> Iterator[Finding]:
    said, finding = page(context)
    if finding is not None:
        yield skipped("the exporter does not answer, see metrics-page")
        return
    names: Counter[str] = Counter()
    for line in said.splitlines():
        if line and not line.startswith("#"):
            names[line.partition("{")[0].partition(" ")[0]] += 1
    number = names.total()
    if number > MOST:
        largest = ", ".join(f"{name} ({count})" for name, count in names.most_common(3))
        yield warning(
            f"the exporter's page has {number} series; most have {largest}",
            "lower branch_series.limit or families.limit, or watch fewer repositories with one exporter",
            key="repositories[].branch_series.limit",
        )
    else:
        yield ok(f"{number} series")


CHECK = Check(
    id="metrics-cardinality",
    summary="the exporter's series are not too many",
    well="the series are not too many",
    cheap=False,
    run=_run,
)
