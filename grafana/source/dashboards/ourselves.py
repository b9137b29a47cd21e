"""Does Alignwatch itself work? A row of the overview."""

from dashboards import colors
from dashboards.frame import Row
from dashboards.panels import HALF, THIRD, WHOLE, series, timeline
from dashboards.queries import INSTANCE, Query, grown, highest, leading, line, lowest, worst
from dashboards.tables import SEVERE, Column, moment, table

_PROBES = f'{INSTANCE},repository=~"$repository|"'
"""Of the chosen repositories, and of the machines."""
_EVENTS = "alignment_hook_events_total"
_TOLD = f'{INSTANCE},outcome="told"'
_NOT_TOLD = f'{INSTANCE},outcome!="told"'

OURSELVES = Row(
    "Alignwatch itself",
    (
        table(
            501,
            "Does every probe see?",
            "Probes whose last run failed, and why. What they watch is unknown.",
            {"instance": "exporter", "probe": "probe", "repository": "repository", "reason": "reason"},
            Column(
                "failing",
                f"{highest('instance, probe, repository, reason', 'alignment_probe_failure_info', _PROBES)}"
                f" and on (instance, probe, repository) alignment_probe_success{{{_PROBES}}} == 0",
                states={"no": colors.GOOD, "yes": colors.BAD},
                width=80,
            ),
            sort="probe",
            ascending=True,
            empty="No probe is known to fail.",
            width=THIRD,
        ),
        series(
            502,
            "Does every probe run?",
            "Time since each probe last saw, as a share of the age at which what it saw is no longer shown, "
            "of the ten nearest.",
            Query(
                worst(
                    "max by (probe, repository)"
                    f" ((time() - alignment_probe_last_success_timestamp_seconds{{{_PROBES}}})"
                    f" / alignment_probe_maximum_age_seconds{{{_PROBES}}})",
                    "probe, repository",
                ),
                "{{probe}} {{repository}}",
            ),
            line(1, f"alignment_probe_maximum_age_seconds{{{_PROBES}}}"),
            unit="percentunit",
            empty="No probe has run.",
            width=THIRD,
        ),
        series(
            506,
            "How long do the probes take?",
            "Duration of the last run, of the ten slowest.",
            Query(
                leading("probe, repository", "alignment_probe_duration_seconds", _PROBES),
                "{{probe}} {{repository}}",
            ),
            unit="s",
            empty="No probe has run.",
            width=THIRD,
        ),
        timeline(
            503,
            "Did every exporter answer?",
            "Whether Prometheus could scrape each.",
            Query(f'max by (instance) (up{{job="alignwatch",{INSTANCE}}})', "{{instance}}"),
            states={"no answer": colors.BAD, "answers": colors.GOOD},
            empty="No exporter is scraped.",
        ),
        series(
            504,
            "How old is what is shown?",
            "Age of an exporter's page when it was scraped. Two minutes and more mean that it hangs.",
            Query(
                highest("instance", "instance:alignment_snapshot_timestamp_seconds:age_at_scrape", INSTANCE),
                "{{instance}}",
            ),
            unit="s",
            empty="No exporter is scraped.",
        ),
        table(
            505,
            "Is all recorded, and are people told?",
            "Whether journal, configuration and git's events could be read, what waits to be read or sent, "
            "how many notifications Alertmanager says that it has sent in the time shown, and when the "
            "exporter began.",
            {"instance": "exporter"},
            Column(
                "journal",
                lowest("instance", "alignment_journal_success", INSTANCE),
                states={"unreadable": colors.BAD, "readable": colors.GOOD},
            ),
            Column(
                "configuration",
                lowest("instance", "alignment_config_last_reload_successful", INSTANCE),
                states={"refused": colors.BAD, "loaded": colors.GOOD},
                width=120,
            ),
            Column(
                "git's events",
                lowest("instance", "alignment_trace_success", INSTANCE),
                states={"unreadable": colors.BAD, "readable": colors.GOOD},
            ),
            Column(
                "events waiting",
                highest("instance", "alignment_trace_backlog_files", INSTANCE),
                width=130,
            ),
            moment(
                "left out",
                highest("instance", "alignment_trace_last_overflow_timestamp_seconds", INSTANCE),
                width=100,
            ),
            Column(
                "alerts waiting",
                highest("instance", "alignment_outbox_waiting_alerts", INSTANCE),
                width=120,
                colored=SEVERE,
            ),
            Column(
                "notifications",
                f"round({grown('instance', 'alignment_audit_notifications_total', INSTANCE)})",
                width=120,
            ),
            moment(
                "journal since",
                highest("instance", "alignment_journal_created_timestamp_seconds", INSTANCE),
                width=130,
            ),
            Column(
                "exporter since",
                f'1000 * max by (instance) (process_start_time_seconds{{job="alignwatch",{INSTANCE}}})',
                unit="dateTimeFromNow",
                width=130,
            ),
            sort="exporter",
            ascending=True,
            empty="No exporter is scraped.",
            width=WHOLE,
            height=6,
        ),
        table(
            507,
            "What does the doctor find?",
            "Checks that found something, and those that could not be done; `alignwatch doctor` says what "
            "and the remedy. Only the cheap checks are asked all the time.",
            {"instance": "exporter", "id": "check", "status": "status"},
            Column(
                "holds",
                highest("instance, id, status", "alignment_doctor_check", f'{INSTANCE},status!~"ok|skipped"')
                + " == 1",
                states={"no": colors.GOOD, "yes": colors.WARNING},
                width=80,
            ),
            sort="check",
            ascending=True,
            empty="Nothing that it found is known.",
            states={"status": {"warning": colors.WARNING, "crashed": colors.BAD, "critical": colors.BAD}},
            width=HALF,
        ),
        table(
            508,
            "Do hooks and parents hear of everything?",
            "Whether the last attempt failed, and what came of the events of the time shown.",
            {"instance": "exporter", "hook": "who"},
            Column(
                "last attempt",
                highest("instance, hook", "alignment_hook_failing", INSTANCE),
                states={"told": colors.GOOD, "failed": colors.BAD},
                width=110,
            ),
            Column(
                "told",
                f"round({grown('instance, hook', _EVENTS, _TOLD)})",
                width=90,
            ),
            Column(
                "not told",
                f"round({grown('instance, hook', _EVENTS, _NOT_TOLD)})",
                colored=SEVERE,
                width=90,
            ),
            sort="who",
            ascending=True,
            empty="Nobody is known who is to be told.",
            width=HALF,
        ),
    ),
    folded=True,
)
