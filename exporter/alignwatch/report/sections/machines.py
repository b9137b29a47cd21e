"""How much of the machines was in use, beside the thresholds."""

from alignwatch.report import wording
from alignwatch.report.courses import CPU_USED, DISK_USED, MEMORY_USED
from alignwatch.report.document import Chart, Charts, Line, Paragraph, Section
from alignwatch.report.review import Review

_CHARTS = (
    (CPU_USED, "Processors in use", ("cpu_ratio",)),
    (MEMORY_USED, "Memory in use", ("memory_ratio", "memory_critical_ratio")),
    (DISK_USED, "Fullest disk", ("disk_ratio", "disk_critical_ratio")),
)


def machines(review: Review) -> Section:
    """A chart for each resource; of several machines the largest figure."""
    charts = [_chart(review, *one) for one in _CHARTS if one[0] in review.machines.lines]
    if not charts:
        return Section(
            "machines", "Machines", [Paragraph("Nothing is known of the machines in this window.")]
        )
    words = "Of several machines the largest figure at each moment. Thresholds are as at the window's end."
    return Section("machines", "Machines", [Charts(charts), Paragraph(words)])


def _chart(review: Review, key: str, title: str, thresholds: tuple[str, ...]) -> Chart:
    course = review.machines
    values = course.lines[key]
    known = [one for one in values if one is not None]
    says = [f"A line from {wording.share(min(known))} to {wording.share(max(known))}."]
    lines = [Line(key, "in use", values)]
    for name in thresholds:
        if (limit := review.limits.lowest(name)) is not None:
            what = "critical threshold" if "critical" in name else "threshold"
            lines.append(Line("limit", f"{what}, {wording.share(limit)}", (limit,) * len(values), True))
            says.append(f"The {what} is {wording.share(limit)}.")
    return Chart(
        name=f"machine-{key}",
        title=title,
        says=" ".join(says),
        moments=course.moments,
        lines=lines,
        step=round(course.moments[-1] - course.moments[-2]),
        wording=wording.share,
    )
