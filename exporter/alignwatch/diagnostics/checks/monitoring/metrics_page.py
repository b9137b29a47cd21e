"""Whether the exporter answers, with figures that hold.

Its page can be read as Prometheus reads it, was made lately (it makes one every 15 seconds), comes from the
version that is installed, with the configuration as it is now, and of the repositories that this one names.
An exporter that has nearly all files open that it may is about to fail. Where nobody has said that an
exporter runs (no configuration file, no local stack), one that does not answer is left out.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from alignwatch import __version__
from alignwatch.diagnostics.check import Check, Finding, critical, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.servers import page
from alignwatch.diagnostics.status import Status
from alignwatch.metrics import catalogue
from alignwatch.text import span

_OLD_SECONDS = 120.0
"""Twice the age at which an exporter itself hands a page out no more."""
_NEARLY = 0.9
_LOOK = "journalctl", "-u", "alignwatch", "-n", "20"
_RESTART = "systemctl", "restart", "alignwatch"

Samples = Mapping[str, list[Sample]]


def _run(context: Context) -> Iterator[Finding]:
    said, finding = page(context)
    if finding is not None:
        yield finding
        return
    try:
        samples = context.shared.once("samples", lambda: samples_of(said))
    except ValueError as error:
        yield critical(
            f"Prometheus cannot read the exporter's page: {error}", "see what answers there", _LOOK
        )
        return
    if catalogue.BUILD_INFO.name not in samples:
        yield critical(
            "what answers where the exporter should be is not the exporter",
            "correct web.listen_addresses or report.exporter.url, or see who has its port",
            ("ss", "-ltnp"),
        )
        return
    yield from _state(context, samples)
    yield from _watched(context, samples)


def samples_of(text: str) -> Samples:
    """The samples of a page in the text format, by the names of their metrics.

    Raises:
        ValueError: it is no such page.
    """
    found: dict[str, list[Sample]] = defaultdict(list)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name].append(sample)
    return dict(found)


def _state(context: Context, samples: Samples) -> Iterator[Finding]:
    made = _value(samples, catalogue.SNAPSHOT_TIMESTAMP.name)
    age = None if made is None else context.now - made
    if age is not None and age > _OLD_SECONDS:
        yield critical(
            f"the exporter's page was made {span(age)} ago", "restart it, and see its log", _RESTART
        )
    elif age is not None:
        yield ok(f"its page was made {max(0, int(age))} s ago")
    running = samples[catalogue.BUILD_INFO.name][0].labels.get("version")
    if running != __version__:
        yield warning(
            f"the exporter that runs is {running}, and {__version__} is installed", "restart it", _RESTART
        )
    if _value(samples, catalogue.CONFIG_RELOAD_SUCCESSFUL.name) == 0:
        check = ("alignwatch", "config", "check", str(context.config or "FILE"))
        yield warning(
            "the exporter has refused its configuration, and goes on with the old one", "mend it", check
        )
    if _value(samples, catalogue.JOURNAL_SUCCESS.name) == 0:
        yield critical("the exporter cannot read the journal", "see its log", _LOOK)
    opened, most = (_value(samples, f"process_{name}_fds") for name in ("open", "max"))
    if opened and most and opened > _NEARLY * most:
        yield warning(
            f"the exporter has {opened:g} files open, of {most:g} that it may",
            "raise LimitNOFILE= of its unit, and see its log",
            _LOOK,
        )


def _watched(context: Context, samples: Samples) -> Iterator[Finding]:
    if not context.configured:
        return
    watched = {sample.labels.get("repository") for sample in samples.get(catalogue.PROBE_SUCCESS.name, [])}
    for repository in context.settings.repositories:
        if repository.label not in watched:
            yield warning(
                f"the exporter that runs does not watch {repository.label}",
                "have it read its configuration again",
                ("systemctl", "reload", "alignwatch"),
                repository=repository.label,
            )


def _value(samples: Samples, name: str) -> float | None:
    return samples[name][0].value if samples.get(name) else None


CHECK = Check(
    id="metrics-page",
    summary="the exporter answers with figures that hold",
    well="the exporter answers",
    reaches=Status.CRITICAL,
    cheap=False,
    run=_run,
)
