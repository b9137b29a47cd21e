"""From what was found out to the document that people read."""

from alignwatch.report import wording
from alignwatch.report.document import Document, Name, Notes, Paragraph, Section
from alignwatch.report.review import Review
from alignwatch.report.sections.alerts import alerts
from alignwatch.report.sections.branches import branches
from alignwatch.report.sections.compared import compared
from alignwatch.report.sections.glance import glance
from alignwatch.report.sections.machines import machines
from alignwatch.report.sections.maintenance import maintenance
from alignwatch.report.sections.operations import operations
from alignwatch.report.sections.singles import singles
from alignwatch.text import span


def document(review: Review) -> Document:
    """All sections in the order in which people ask."""
    window, session = review.now.window, review.now.report.monitoring_session
    sections = [
        glance(review),
        compared(review),
        branches(review),
        operations(review),
        singles(review),
        alerts(review),
        maintenance(review),
        machines(review),
        _missing(review),
    ]
    return Document(
        title="Alignment report",
        about=f"{wording.moment(window.start)} to {wording.moment(window.end)}, {span(window.seconds)}",
        made=f"{session.session_id}, made {session.start_time}",
        sections=[one for one in sections if one is not None],
    )


def _missing(review: Review) -> Section:
    if not review.missing:
        return Section("missing", "What is missing", [Paragraph("Everybody who was asked has answered.")])
    return Section("missing", "What is missing", [Notes([Name(one) for one in review.missing])])
