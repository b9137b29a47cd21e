"""The specification's report, made from what Prometheus and Alertmanager hold."""
