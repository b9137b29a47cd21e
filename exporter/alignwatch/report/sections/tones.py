"""How well a state, an outcome or a severity is."""

from alignwatch.report.document import Tone, Word

_TONES: dict[str, Tone] = {
    **dict.fromkeys(("healthy", "optimal", "success", "sent", "better"), "good"),
    **dict.fromkeys(
        ("degraded", "warning", "conflict", "postponed", "skipped", "aborted", "unknown", "queued"), "warn"
    ),
    **dict.fromkeys(
        (
            *("unhealthy", "corrupt", "unreachable", "stuck", "critical", "worse"),
            *("failed", "timeout", "rolled_back", "crashed", "unverified"),
        ),
        "bad",
    ),
}


def word(text: str) -> Word:
    """A word of ours with its tone."""
    return Word(text.replace("_", " "), tone(text))


def tone(text: str) -> Tone:
    """The tone alone."""
    return _TONES.get(text, "none")
