"""The way from git to people: traces, exporter, Prometheus, Alertmanager."""
